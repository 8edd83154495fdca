import { describe, expect, it } from "vitest";
import { TYPES } from "../../policy/resource";
import type { Rule } from "../../policy/rule";
import { grants } from "../../policy/rules/identity/grants";
import { guardedRealm } from "../../policy/rules/identity/guardedRealm";
import { lifetimes, seconds } from "../../policy/rules/identity/lifetimes";
import { pkce } from "../../policy/rules/identity/pkce";
import { redirects } from "../../policy/rules/identity/redirects";
import { type Properties, UNKNOWN } from "../../policy/values";
import { DEV, PROD, found, resource } from "./fixtures";

const WEB: Properties = {
  clientId: "app",
  accessType: "CONFIDENTIAL",
  standardFlowEnabled: true,
  pkceCodeChallengeMethod: "S256",
  validRedirectUris: ["https://mlflow.example.com/callback"],
  webOrigins: [],
};
const REALM: Properties = {
  sslRequired: "external",
  passwordPolicy: "length(12)",
  securityDefenses: { bruteForceDetection: { maxLoginFailures: 10 } },
  accessTokenLifespan: "5m",
  ssoSessionIdleTimeout: "8h",
  ssoSessionMaxLifespan: "24h",
  offlineSessionIdleTimeout: "720h",
};

const client = (rule: Rule, props: Properties = {}, stack = PROD) =>
  found(rule, resource(TYPES.client, { ...WEB, ...props }), stack);
const realm = (rule: Rule, props: Properties = {}) =>
  found(rule, resource(TYPES.realm, { ...REALM, ...props }));

describe("clients", () => {
  it("that are good", () => {
    for (const rule of [grants, pkce, redirects, lifetimes]) expect(client(rule)).toEqual([]);
  });

  it.each(["implicitFlowEnabled", "directAccessGrantsEnabled", "oauth2JwtAuthorizationGrantEnabled"])(
    "no %s",
    (flow) => {
      expect(client(grants, { [flow]: true })).toHaveLength(1);
      expect(client(grants, { [flow]: "true" })).toHaveLength(1);
      expect(client(grants, { [flow]: false })).toEqual([]);
    },
  );

  it("no sign-in flow of their own", () => {
    expect(client(grants, { authenticationFlowBindingOverrides: { browserId: "x" } })).toHaveLength(1);
  });

  it("PKCE with S256 wherever there is a browser, a terminal or no secret", () => {
    const none = { pkceCodeChallengeMethod: undefined };
    expect(client(pkce, none)).toHaveLength(1);
    expect(client(pkce, { pkceCodeChallengeMethod: "plain" })).toHaveLength(1);
    expect(client(pkce, { extraConfig: { "pkce.code.challenge.method": "plain" } })).toHaveLength(1);
    expect(client(pkce, { ...none, standardFlowEnabled: false })).toEqual([]);
    expect(client(pkce, { ...none, standardFlowEnabled: false, accessType: "public" })).toHaveLength(1);
    const device = { standardFlowEnabled: false, oauth2DeviceAuthorizationGrantEnabled: true };
    expect(client(pkce, { ...none, ...device })).toHaveLength(1);
    expect(client(pkce, { pkceCodeChallengeMethod: UNKNOWN })).toEqual([]);
  });

  it("one exception, which another client cannot be by its name", () => {
    const props = { ...WEB, clientId: "minio", pkceCodeChallengeMethod: undefined };
    const chain = `mlflow-platform:identity:Identity$mlflow-platform:identity:Clients$${TYPES.client}`;
    const name = "identity-clients-minio";
    expect(found(pkce, resource(TYPES.client, props, { name, chain }))).toEqual([]);
    expect(found(pkce, resource(TYPES.client, props, { name }))).toHaveLength(1);
    expect(found(pkce, resource(TYPES.client, props, { name: "other", chain }))).toHaveLength(1);
    expect(
      found(pkce, resource(TYPES.client, { ...props, accessType: "PUBLIC" }, { name, chain })),
    ).toHaveLength(1);
  });

  it.each([
    ["*"],
    ["https://mlflow.example.com/*"],
    ["https://*.example.com/callback"],
    ["/callback"],
    ["http://mlflow.example.com/callback"],
    ["http://localhost.example.com/callback"],
    ["http://127.0.0.1.example.com/callback"],
    ["myapp://callback"],
    ["javascript:alert(1)"],
    ["https://user@mlflow.example.com/callback"],
    ["https://mlflow.example.com/callback#x"],
  ])("no redirect to %s", (uri) => {
    expect(client(redirects, { validRedirectUris: [uri] })).toHaveLength(1);
    expect(client(redirects, { validRedirectUris: uri })).toHaveLength(1);
    expect(client(redirects, { validPostLogoutRedirectUris: [uri] })).toHaveLength(1);
  });

  it("passwords in addresses are not repeated", () => {
    const [said = ""] = client(redirects, { validRedirectUris: ["https://ada:hunter2@example.com/*"] });
    expect(said).toContain("https://…@example.com/*");
    expect(said).not.toContain("hunter2");
  });

  it("redirects to this machine, and plain http in development", () => {
    const here = [
      "http://localhost:8080/callback",
      "http://127.0.0.1:1/x",
      "http://[::1]:1/x",
      "https://a.example/x",
    ];
    expect(client(redirects, { validRedirectUris: here })).toEqual([]);
    expect(client(redirects, { validRedirectUris: ["http://10.0.0.5:8080/callback"] }, DEV)).toEqual([]);
    expect(client(redirects, { validRedirectUris: ["http://10.0.0.5:8080/*"] }, DEV)).toHaveLength(1);
    expect(client(redirects, { validRedirectUris: [UNKNOWN] })).toEqual([]);
  });

  it("exact origins", () => {
    expect(client(redirects, { webOrigins: ["*"] })).toHaveLength(1);
    expect(client(redirects, { webOrigins: ["+", "https://mlflow.example.com"] })).toEqual([]);
  });

  it("no longer life than the realm's bounds", () => {
    expect(client(lifetimes, { accessTokenLifespan: "300" })).toEqual([]);
    expect(client(lifetimes, { accessTokenLifespan: "3600" })).toHaveLength(1);
    expect(client(lifetimes, { accessTokenLifespan: "-1" })).toHaveLength(1);
    expect(client(lifetimes, { clientSessionMaxLifespan: "864000" })).toHaveLength(1);
    expect(client(lifetimes, { extraConfig: { "access.token.lifespan": "86400" } })).toHaveLength(1);
  });
});

describe("the realm", () => {
  it("that is good", () => {
    expect([...realm(lifetimes), ...realm(guardedRealm)]).toEqual([]);
  });

  it.each([
    ["accessTokenLifespan", "1h"],
    ["accessTokenLifespan", "15m1s"],
    ["accessTokenLifespan", "soon"],
    ["accessTokenLifespan", "-1"],
    ["ssoSessionMaxLifespan", "48h"],
    ["offlineSessionIdleTimeout", "8760h"],
    ["oauth2DeviceCodeLifespan", "1h"],
  ])("no %s of %s", (key, time) => {
    expect(realm(lifetimes, { [key]: time })).toHaveLength(1);
  });

  it("says its times itself", () => {
    expect(realm(lifetimes, { accessTokenLifespan: undefined })).toEqual(["accessTokenLifespan is not set"]);
    expect(realm(lifetimes, { rememberMe: true })).toEqual(["ssoSessionMaxLifespanRememberMe is not set"]);
    expect(realm(lifetimes, { accessTokenLifespan: UNKNOWN })).toEqual([]);
  });

  it.each([
    [{ sslRequired: "none" }],
    [{ sslRequired: undefined }],
    [{ securityDefenses: undefined }],
    [{ securityDefenses: { headers: {} } }],
    [{ securityDefenses: { bruteForceDetection: { maxLoginFailures: 10_000 } } }],
    [{ securityDefenses: { bruteForceDetection: { maxLoginFailures: 10, waitIncrementSeconds: 0 } } }],
    [{ securityDefenses: { bruteForceDetection: { maxLoginFailures: 10, maxFailureWaitSeconds: 0 } } }],
    [{ passwordPolicy: "" }],
    [{ passwordPolicy: "length(1)" }],
    [{ passwordPolicy: "digits(1)" }],
    [{ registrationAllowed: true }],
    [{ editUsernameAllowed: "true" }],
  ])("is not guarded with %j", (props) => {
    expect(realm(guardedRealm, props)).toHaveLength(1);
  });

  it("reads times as Keycloak's provider writes them", () => {
    expect(["300", "5m", "1h30m", "1.5h", "90s", "500ms"].map(seconds)).toEqual([
      300, 300, 5400, 5400, 90, 0.5,
    ]);
    expect(["", "5 minutes", "m"].map(seconds)).toEqual([undefined, undefined, undefined]);
  });
});
