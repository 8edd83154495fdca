import { describe, expect, it } from "vitest";
import { isLoopback } from "../../policy/addresses";
import { TYPES, partsOf } from "../../policy/resource";
import { protectedVolumes } from "../../policy/rules/data/protectedVolumes";
import { roles } from "../../policy/rules/database/roles";
import { explicitProviders } from "../../policy/rules/program/explicitProviders";
import { knownTypes } from "../../policy/rules/program/knownTypes";
import { stackFacts } from "../../policy/stack";
import { sampleSettings } from "../helpers/settings";
import { DEV, found, resource } from "./fixtures";

describe("types that no rule knows", () => {
  it.each([
    "docker:index/service:Service",
    "docker:index/plugin:Plugin",
    "docker:index/image:Image",
    "docker-build:index:Image",
    "command:local:Command",
    "kubernetes:core/v1:Pod",
    "minio:index/iamGroupPolicy:IamGroupPolicy",
    "keycloak:saml/client:Client",
    "pulumi-nodejs:dynamic:Resource",
    "somebody:mlflow-platform:Component",
  ])("%s", (type) => {
    expect(found(knownTypes, resource(type, {}))).toHaveLength(1);
  });

  it("are not those of the program", () => {
    for (const type of [
      ...Object.values(TYPES),
      "mlflow-platform:workload:Workload",
      "pulumi:pulumi:Stack",
    ]) {
      expect(found(knownTypes, resource(type, {}))).toEqual([]);
    }
  });
});

describe("providers", () => {
  it.each([
    ["a default one of a server", resource("pulumi:providers:docker", {}, { name: "default_5_2_0" }), 1],
    ["an own one", resource("pulumi:providers:docker", {}, { name: "docker" }), 0],
    [
      "a default one without a server",
      resource("pulumi:providers:random", {}, { name: "default_4_21_2" }),
      0,
    ],
    ["a container of a default one", resource(TYPES.container, {}, { provider: "default_5_2_0" }), 1],
    ["a container of none, as mocks show it", resource(TYPES.container, {}, { provider: "" }), 1],
    ["a container of an own one", resource(TYPES.container, {}, { provider: "docker" }), 0],
    ["a container of one that is not told", resource(TYPES.container, {}, { provider: undefined }), 0],
  ])("%s", (_, it, count) => {
    expect(found(explicitProviders, it)).toHaveLength(count);
  });
});

describe("volumes", () => {
  const volume = (protect: boolean, retainOnDelete: boolean | undefined) =>
    resource(TYPES.volume, {}, { protect, retainOnDelete });

  it("are protected and stay, outside development", () => {
    expect(found(protectedVolumes, volume(false, false))).toHaveLength(2);
    expect(found(protectedVolumes, volume(true, false))).toHaveLength(1);
    expect(found(protectedVolumes, volume(true, true))).toEqual([]);
    // An engine does not tell policies whether something stays.
    expect(found(protectedVolumes, volume(true, undefined))).toEqual([]);
    expect(found(protectedVolumes, volume(false, undefined))).toHaveLength(1);
    expect(found(protectedVolumes, volume(false, false), DEV)).toEqual([]);
  });
});

describe("which stack is for development", () => {
  const https = { ingress: "self-signed", domain: "ml.example.com" };
  it.each([
    ["dev", "dev", {}, true],
    ["one that others may lose", "trial", { protectData: false }, true],
    ["one that is protected", "trial", {}, false],
    ["one that others reach", "trial", { protectData: false, ...https }, false],
    [
      "https that nobody else reaches",
      "trial",
      { protectData: false, ...https, bindAddresses: ["127.0.0.1"] },
      true,
    ],
  ])("%s", (_, name, settings, development) => {
    expect(stackFacts(name, sampleSettings(settings, name)).development).toBe(development);
  });

  it("none but dev when its settings are not known", () => {
    expect(stackFacts("dev", undefined).development).toBe(true);
    expect(stackFacts("trial", undefined).development).toBe(false);
  });

  it("loopback is two addresses", () => {
    expect(["127.0.0.1", "::1", "[::1]"].filter(isLoopback)).toHaveLength(3);
    expect(
      ["", "0.0.0.0", "::", "localhost", "127.0.0.1.example.com", "10.0.0.1"].filter(isLoopback),
    ).toEqual([]);
  });

  it("short secrets are not looked for: they would be found by chance", () => {
    expect([...stackFacts("dev", undefined, ["", "abc", "longEnough"]).secrets]).toEqual(["longEnough"]);
  });
});

describe("roles of Postgres", () => {
  it.each([
    [{ superuser: true }],
    [{ superuser: "true" }],
    [{ createRole: true }],
    [{ createDatabase: true }],
    [{ replication: true }],
    [{ bypassRowLevelSecurity: true }],
    [{ roles: ["postgres"] }],
    [{ roles: "pg_read_all_data" }],
    [{ roles: ["PG_execute_server_program"] }],
    [{ roles: ["keycloak"] }],
    [{ assumeRole: "postgres" }],
  ])("none with %j", (props) => {
    expect(found(roles, resource(TYPES.role, { name: "x", login: true, ...props }))).toHaveLength(1);
  });

  it("plain ones", () => {
    expect(found(roles, resource(TYPES.role, { name: "x", login: true, roles: [] }))).toEqual([]);
  });
});

it("the parts of a URN", () => {
  expect(partsOf("urn:pulumi:dev::mlflow-platform::a:b:C$d:e/f:F::name::with::colons")).toEqual({
    chain: "a:b:C$d:e/f:F",
    name: "name::with::colons",
  });
});
