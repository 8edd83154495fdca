import { beforeAll, describe, expect, it } from "vitest";
import { deploy } from "../../../components/platform";
import { record } from "../../helpers/harness";
import type { Properties, Recording } from "../../helpers/recording";
import { generated, isSecret, opened } from "../../helpers/secrets";
import { sampleSettings } from "../../helpers/settings";

let dev: Recording;

beforeAll(async () => {
  dev = await record(() => deploy(sampleSettings()));
});

const inputs = (type: string, name: string): Properties => dev.get(type, name).inputs;
const CLIENTS = [
  "identity-clients-mlflow",
  "identity-clients-cli",
  "identity-clients-minio",
  "identity-account-mlflow-provisioner",
  "identity-account-vision-ci",
  "identity-auditor",
  "identity-warden",
];

describe("the realm", () => {
  it("is the stack's own, and closed to whoever was not declared", () => {
    expect(inputs("Realm", "identity-realm")).toMatchObject({
      realm: "mlflow-dev",
      enabled: true,
      sslRequired: "external",
      registrationAllowed: false,
      editUsernameAllowed: false,
      duplicateEmailsAllowed: false,
      resetPasswordAllowed: false,
    });
  });

  it("slows down guessing, never for good", () => {
    const { bruteForceDetection } = inputs("Realm", "identity-realm")["securityDefenses"] as Properties;
    expect(bruteForceDetection).toMatchObject({ permanentLockout: false, maxLoginFailures: 10 });
  });

  it("gives access tokens of minutes, sessions of hours, and wants long passwords", () => {
    expect(inputs("Realm", "identity-realm")).toMatchObject({
      accessTokenLifespan: "5m",
      ssoSessionIdleTimeout: "8h",
      ssoSessionMaxLifespan: "24h",
      passwordPolicy: "length(12) and notUsername and notEmail",
    });
  });

  it("records what happens, but not the details, which hold secrets", () => {
    expect(inputs("RealmEvents", "identity-realm-events")).toMatchObject({
      eventsEnabled: true,
      adminEventsEnabled: true,
      adminEventsDetailsEnabled: false,
      eventsExpiration: 90 * 24 * 3600,
    });
  });
});

describe("every client", () => {
  it.each(CLIENTS)("%s has no implicit flow, no password grant, no scope by default", (name) => {
    expect(inputs("Client", name)).toMatchObject({
      enabled: true,
      implicitFlowEnabled: false,
      directAccessGrantsEnabled: false,
      fullScopeAllowed: false,
      webOrigins: [],
    });
  });

  it.each(CLIENTS.filter((name) => name !== "identity-clients-cli"))(
    "%s has a secret, marked as one",
    (name) => {
      const client = inputs("Client", name);
      expect(client["accessType"]).toBe("CONFIDENTIAL");
      expect(isSecret(client["clientSecret"])).toBe(true);
      expect(opened(client["clientSecret"])).toBe(generated(`${name}-secret`));
    },
  );
});

describe("the clients of people", () => {
  it("MLflow in the browser: code flow with PKCE, one exact way back", () => {
    expect(inputs("Client", "identity-clients-mlflow")).toMatchObject({
      clientId: "mlflow",
      standardFlowEnabled: true,
      serviceAccountsEnabled: false,
      pkceCodeChallengeMethod: "S256",
      validRedirectUris: ["http://localhost:8080/callback"],
    });
  });

  it("terminals: public, device code with PKCE only, nowhere to redirect to", () => {
    const cli = inputs("Client", "identity-clients-cli");
    expect(cli).toMatchObject({
      clientId: "mlflow-cli",
      accessType: "PUBLIC",
      standardFlowEnabled: false,
      oauth2DeviceAuthorizationGrantEnabled: true,
      pkceCodeChallengeMethod: "S256",
    });
    expect(cli).not.toHaveProperty("validRedirectUris");
    expect(cli).not.toHaveProperty("clientSecret");
  });

  it("the object store's console: one exact way back; no PKCE, since it cannot", () => {
    const minio = inputs("Client", "identity-clients-minio");
    expect(minio).toMatchObject({
      clientId: "minio",
      standardFlowEnabled: true,
      validRedirectUris: ["http://localhost:8083/oauth_callback"],
    });
    expect(minio).not.toHaveProperty("pkceCodeChallengeMethod");
  });

  it("have no way back with a wildcard", () => {
    const uris = dev.ofType("Client").flatMap((it) => (it.inputs["validRedirectUris"] ?? []) as string[]);
    expect(uris).toHaveLength(2);
    expect(uris.filter((uri) => uri.includes("*"))).toEqual([]);
  });
});

describe("service accounts", () => {
  it("can do nothing but get tokens by their credentials", () => {
    expect(inputs("Client", "identity-account-vision-ci")).toMatchObject({
      clientId: "vision-ci",
      serviceAccountsEnabled: true,
      standardFlowEnabled: false,
    });
  });

  it("are in their team's group; the provisioner is in none", () => {
    expect(inputs("UserGroups", "identity-account-vision-ci-groups")).toMatchObject({
      userId: "subject-of-identity-account-vision-ci",
      groupIds: ["id-of-identity-people-group-vision"],
    });
    expect(dev.ofType("UserGroups").map(({ name }) => name)).not.toContain(
      "identity-account-mlflow-provisioner-groups",
    );
  });
});

describe("what a token says", () => {
  const BUILT_IN = ["acr", "basic", "email", "profile", "web-origins"];
  const scopes = (name: string): string[] =>
    (inputs("ClientDefaultScopes", name)["defaultScopes"] as string[]).filter((it) => !BUILT_IN.includes(it));

  it.each([
    ["identity-mlflow-scopes", ["groups", "mlflow-api"]],
    ["identity-cli-scopes", ["groups", "mlflow-api", "s3-access"]],
    ["identity-minio-scopes", ["groups", "s3-access"]],
    ["identity-account-vision-ci-scopes", ["groups", "mlflow-api", "s3-access", "service_account"]],
    ["identity-account-mlflow-provisioner-scopes", ["groups", "mlflow-api", "service_account"]],
  ])("%s: %j, sorted, besides Keycloak's own", (name, wanted) => {
    expect(scopes(name)).toEqual(wanted);
    const all = inputs("ClientDefaultScopes", name)["defaultScopes"] as string[];
    expect(all).toEqual([...all].sort());
    expect(all).toEqual(expect.arrayContaining(BUILT_IN));
  });

  it("has the scope that Keycloak gives to whatever has a service account, so that no run takes it back", () => {
    const machines = dev
      .ofType("Client")
      .filter((client) => client.inputs["serviceAccountsEnabled"] === true)
      .map(({ name }) => name);
    const scoped = dev
      .ofType("ClientDefaultScopes")
      .filter(({ inputs: { defaultScopes } }) => (defaultScopes as string[]).includes("service_account"))
      .map(({ name }) => name.replace(/-scopes$/, ""));
    expect(machines.length).toBeGreaterThan(5);
    expect(scoped.sort()).toEqual([...machines].sort());
  });

  it("addresses MLflow in access tokens only", () => {
    expect(inputs("AudienceProtocolMapper", "identity-scopes-mlflow-audience")).toMatchObject({
      clientScopeId: "id-of-identity-scopes-mlflow-api",
      includedCustomAudience: "mlflow-api",
      addToIdToken: false,
      addToAccessToken: true,
    });
  });

  it("names groups without path, and the policies of all groups of a person", () => {
    expect(inputs("GroupMembershipProtocolMapper", "identity-scopes-groups-claim")).toMatchObject({
      claimName: "groups",
      fullPath: false,
    });
    expect(inputs("UserAttributeProtocolMapper", "identity-scopes-policy-claim")).toMatchObject({
      userAttribute: "policy",
      claimName: "policy",
      multivalued: true,
      aggregateAttributes: true,
    });
  });
});

describe("people", () => {
  const groupsOf = (username: string): string[] =>
    dev
      .ofType("UserGroups")
      .filter(({ name }) => name.startsWith(`identity-people-${username}-`))
      .flatMap(({ inputs: it }) => it["groupIds"] as string[])
      .map((id) => id.replace("id-of-identity-people-group-", ""))
      .sort();

  it.each([
    ["ada", ["mlflow-admins"]],
    ["vera", ["mlflow-users", "vision"]],
    ["luis", ["language", "mlflow-users", "vision"]],
    ["nora", []],
  ])("%s is in the groups %j", (username, groups) => {
    expect(groupsOf(username)).toEqual(groups);
  });

  it("lose what an earlier version gave them in one piece before they get it piece by piece", () => {
    const first = dev.get("UserGroups", "identity-people-vera-groups");
    expect(dev.isAfter(dev.get("UserGroups", "identity-people-vera-in-vision"), first)).toBe(true);
  });

  it("groups carry the policy of their bucket; being a user of MLflow alone opens none", () => {
    const attributes = (name: string): unknown =>
      inputs("Group", `identity-people-group-${name}`)["attributes"];
    expect(attributes("vision")).toEqual({ policy: "team-vision##revoked" });
    expect(attributes("mlflow-admins")).toEqual({ policy: "platform-admins##revoked" });
    expect(attributes("mlflow-users")).toEqual({});
  });

  it.each([
    ["dev", false],
    ["staging", true],
  ])("in %s have a generated first password; to be changed at once: %s", async (stack, temporary) => {
    const recording = await record(() => deploy(sampleSettings({}, stack)), { stack });
    const { initialPassword } = recording.get("User", "identity-people-vera").inputs;
    expect(isSecret(initialPassword) || isSecret((initialPassword as Properties)["value"])).toBe(true);
    expect(opened(initialPassword)).toEqual({ value: generated("identity-people-vera-password"), temporary });
  });
});
