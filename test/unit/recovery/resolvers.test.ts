import { beforeAll, describe, expect, it } from "vitest";
import { deploy } from "../../../components/platform";
import { parseSettings } from "../../../config/settings";
import { importFile, passwordOf } from "../../../cli/engine/recovery/adopt";
import type { Candidate } from "../../../cli/engine/recovery/candidates";
import { type KeycloakAdmin, plain } from "../../../cli/engine/recovery/keycloakAdmin";
import { IDEMPOTENT, RESOLVERS } from "../../../cli/engine/recovery/resolvers";
import { CONTAINER, NETWORK } from "../../../cli/engine/recovery/state";
import { record } from "../../helpers/harness";
import { twoTeams } from "../../helpers/stackFile";
import { resource, stateOf, urnOf } from "./state";

/** Keycloak with one object of every kind, `id-of-<path>`, and a note of what was asked for. */
function admin(asked: string[]): KeycloakAdmin {
  return {
    find: (realm, path, key, value) => {
      asked.push(`${realm}: ${path} ${key}=${String(value)}`);
      return Promise.resolve("uuid");
    },
    hasCredentials: () => Promise.resolve(true),
    setPassword: () => Promise.resolve(),
  };
}

const candidate = (type: string, inputs: Record<string, unknown>): Candidate => ({
  urn: urnOf(type, "x"),
  type,
  inputs,
  parent: "p",
  provider: "q",
});

describe("ids for the import", () => {
  it.each([
    ["postgresql:index/role:Role", { name: "mlflow" }, "mlflow", []],
    ["postgresql:index/database:Database", { name: "mlflow", owner: "o" }, "mlflow", []],
    ["minio:index/s3Bucket:S3Bucket", { bucket: "mlflow-a" }, "mlflow-a", []],
    ["keycloak:index/realm:Realm", { realm: "mlflow-dev" }, "mlflow-dev", []],
    [
      "keycloak:openid/client:Client",
      { realmId: "r", clientId: "a b" },
      "r/uuid",
      ["r: clients?clientId=a%20b clientId=a b"],
    ],
    [
      "keycloak:openid/clientScope:ClientScope",
      { realmId: "r", name: "s" },
      "r/uuid",
      ["r: client-scopes name=s"],
    ],
    [
      "keycloak:index/group:Group",
      { realmId: "r", name: "g" },
      "r/uuid",
      ["r: groups?exact=true&search=g name=g"],
    ],
    [
      "keycloak:index/user:User",
      { realmId: "r", username: "ada" },
      "r/uuid",
      ["r: users?exact=true&username=ada username=ada"],
    ],
    [
      "keycloak:openid/audienceProtocolMapper:AudienceProtocolMapper",
      { realmId: "r", clientScopeId: "s", name: "m" },
      "r/client-scope/s/uuid",
      ["r: client-scopes/s/protocol-mappers/models name=m"],
    ],
    [
      "keycloak:openid/userAttributeProtocolMapper:UserAttributeProtocolMapper",
      { realmId: "r", clientId: "c", name: "m" },
      "r/client/c/uuid",
      ["r: clients/c/protocol-mappers/models name=m"],
    ],
  ])("of %s", async (type, inputs, id, asked) => {
    const seen: string[] = [];
    expect(await RESOLVERS[type]?.(candidate(type, inputs), () => Promise.resolve(admin(seen)))).toBe(id);
    expect(seen).toEqual(asked);
  });

  it("are none where the inputs are not known", async () => {
    for (const [type, resolve] of Object.entries(RESOLVERS)) {
      expect(await resolve(candidate(type, {}), () => Promise.resolve(admin([])))).toBeUndefined();
    }
  });
});

describe("importFile", () => {
  it("names parents and providers by their URNs, each once", () => {
    const found = ["a", "b"].map((name) => ({
      candidate: { ...candidate("t:t:T", {}), urn: urnOf("t:t:T", name) },
      id: `id-${name}`,
    }));
    expect(importFile(found)).toEqual({
      nameTable: { p: "p", q: "q" },
      resources: [
        { type: "t:t:T", name: "a", id: "id-a", parent: "p", provider: "q" },
        { type: "t:t:T", name: "b", id: "id-b", parent: "p", provider: "q" },
      ],
    });
  });
});

describe("plain", () => {
  const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };

  it("unwraps decrypted secrets and leaves the rest", () => {
    expect(plain("text")).toBe("text");
    expect(plain({ ...secret, plaintext: '"pa\\"ss"' })).toBe('pa"ss');
    expect(plain({ ...secret, ciphertext: "v1:x" })).toBeUndefined();
    expect(plain({ ...secret, plaintext: "7" })).toBeUndefined();
    expect(plain({ plaintext: '"x"' })).toBeUndefined();
    expect(plain(undefined)).toBeUndefined();
  });
});

describe("the program", () => {
  let made: ReadonlyArray<{ readonly type: string; readonly name: string }>;

  beforeAll(async () => {
    const settings = parseSettings("dev", twoTeams(8080));
    made = (await record(() => deploy(settings))).resources;
  });

  it("makes nothing whose creation was not looked at: adopted, idempotent, or removed and made again", () => {
    const known = new Set([...Object.keys(RESOLVERS), ...IDEMPOTENT, CONTAINER, NETWORK]);
    const types = new Set(made.map(({ type }) => type));
    const custom = [...types].filter(
      (type) => !type.startsWith("mlflow-platform:") && !type.startsWith("pulumi:providers:"),
    );
    expect(custom.filter((type) => !known.has(type))).toEqual([]);
    // And the lists name nothing that the program does not make.
    expect([...known].filter((type) => !types.has(type))).toEqual([]);
  });

  it("names each user's first password so that recovery finds it", () => {
    const users = made.filter(({ type }) => type === "keycloak:index/user:User");
    expect(users.length).toBeGreaterThan(0);
    for (const { type, name } of users) {
      const passwords = made
        .filter((one) => one.type === "random:index/randomPassword:RandomPassword")
        .map((one) => resource(one.type, one.name, { outputs: { result: `secret of ${one.name}` } }));
      expect(passwordOf(stateOf(passwords), urnOf(type, name))).toBe(`secret of ${name}-password`);
    }
  });
});
