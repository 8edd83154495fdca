import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { checkout } from "../../../cli/paths";
import { type PlatformOutputs, readPlatform, teamOf } from "../../../examples/consumer/platform";
import { prefixPolicy } from "../../../examples/consumer/policy";
import type { StackOutputs } from "../../../lib/outputs";
import { isSecret, opened } from "../../helpers/secrets";
import { twoTeams } from "../outputs/fixtures";

const PLATFORM = "organization/mlflow-platform/dev";

/** Inputs of what the program declares, by `type name`. */
type Declared = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/** Lets a program run against a platform with these outputs. */
async function mocked<T>(
  outputs: Readonly<Record<string, unknown>>,
  run: () => Promise<T>,
): Promise<{ result: T; declared: Declared }> {
  const declared = new Map<string, Readonly<Record<string, unknown>>>();
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        const given = inputs as Record<string, unknown>;
        if (type === "pulumi:pulumi:StackReference") {
          expect(given["name"]).toBe(PLATFORM);
          return { id: PLATFORM, state: { name: PLATFORM, outputs, secretOutputNames: ["credentials"] } };
        }
        declared.set(`${type.split(":").at(-1) ?? type} ${name}`, given);
        const computed = { result: pulumi.secret("generated"), serviceAccountUserId: "subject" };
        return { id: `id-of-${name}`, state: { ...given, ...computed } };
      },
      call: ({ inputs }) => {
        const { name } = inputs as { readonly name: string };
        return { name, id: `id-of-group-${name}` };
      },
    },
    "mlflow-consumer",
    "nightly",
  );
  let result: T | undefined;
  await pulumi.runtime.runInPulumiStack(async () => {
    result = await run();
    return {};
  });
  await pulumi.runtime.disconnect();
  if (result === undefined) throw new Error("the program gave nothing");
  return { result, declared };
}

function configure(settings: Readonly<Record<string, string>>): void {
  const all = { platform: PLATFORM, team: "vision", account: "vision-nightly", ...settings };
  pulumi.runtime.setAllConfig(
    Object.fromEntries(Object.entries(all).map(([key, value]) => [`mlflow-consumer:${key}`, value])),
  );
}

async function program(outputs: StackOutputs, settings: Readonly<Record<string, string>> = {}) {
  configure(settings);
  const { default: main } = await import("../../../examples/consumer/index.js");
  return mocked(outputs, main);
}

describe("a team's own program", () => {
  it("reads what the platform really declares", async () => {
    // The compiler holds the two types to each other.
    const declared: PlatformOutputs = twoTeams();
    const { result } = await mocked(twoTeams(), () => readPlatform(PLATFORM));
    expect(result.outputs.teams).toEqual(declared.teams);
    expect(await pulumi.isSecret(result.credentials)).toBe(true);
  });

  it.each([
    [undefined, "has no output outputsVersion", "npm run up"],
    ["one", "has no output outputsVersion", "npm run up"],
    ["2.0", "has outputs 2.0, newer than the 1.0", 'what "Outputs 2.0" changed'],
    ["10.4", "has outputs 10.4, newer than the 1.0", "adapt platform.ts"],
    ["0.9", "has outputs 0.9, older than the 1.0", "npm run up"],
  ])("refuses outputs of version %s and says what to do", async (outputsVersion, cause, remedy) => {
    // Caught inside: Pulumi also reports what a program throws by itself.
    const { result } = await mocked({ ...twoTeams(), outputsVersion }, () =>
      readPlatform(PLATFORM).catch((error: unknown) => error),
    );
    expect(result).toBeInstanceOf(pulumi.RunError);
    expect(String(result)).toContain(cause);
    expect(String(result)).toContain(remedy);
  });

  it("takes a later minor version", async () => {
    const { result } = await mocked({ ...twoTeams(), outputsVersion: "1.7" }, () => readPlatform(PLATFORM));
    expect(result.outputs.urls.mlflow).toBe("http://localhost:8080");
  });

  it.each(["audio", "constructor"])("names the teams there are when asked for %s", (name) => {
    expect(() => teamOf(twoTeams(), name)).toThrow(`has no team ${name}; it has: language, vision.`);
  });

  it("declares an account that gets tokens by its secret only, in the groups of the team", async () => {
    const { declared } = await program(twoTeams());
    expect(declared.get("Client account-client")).toMatchObject({
      realmId: "mlflow-dev",
      clientId: "vision-nightly",
      accessType: "CONFIDENTIAL",
      serviceAccountsEnabled: true,
      standardFlowEnabled: false,
      implicitFlowEnabled: false,
      directAccessGrantsEnabled: false,
      fullScopeAllowed: false,
    });
    expect(declared.get("Client account-client")).not.toHaveProperty("validRedirectUris");
    expect(declared.get("UserGroups account-groups")).toEqual({
      realmId: "mlflow-dev",
      userId: "subject",
      groupIds: ["id-of-group-mlflow-users", "id-of-group-vision"],
    });
    expect(declared.get("ClientDefaultScopes account-scopes")).toMatchObject({
      defaultScopes: ["basic", "groups", "mlflow-api", "profile"],
    });
  });

  it("brings the account's own policy, and the one by which access is ended, instead of the group's", async () => {
    const { declared } = await program(twoTeams());
    expect(declared.get("HardcodedClaimProtocolMapper account-s3-policy")).toMatchObject({
      claimName: "policy",
      claimValue: "service-account-vision-nightly,revoked",
    });
    expect(declared.get("AudienceProtocolMapper account-s3-audience")).toMatchObject({
      includedClientAudience: "minio",
    });
    expect(declared.get("IamPolicy account-policy")).toEqual({
      name: "service-account-vision-nightly",
      policy: prefixPolicy({ bucket: "mlflow-vision", prefix: "vision-nightly/" }),
    });
  });

  it("reads the two administrators that it needs, and hands them to providers as secrets only", async () => {
    const outputs = twoTeams();
    const { declared } = await program(outputs);
    const { keycloakAdmin, minioRoot, ...others } = outputs.credentials;
    expect(declared.get("keycloak keycloak")).toMatchObject({
      url: "http://127.0.0.1:8091",
      realm: "master",
    });
    expect(declared.get("minio minio")).toMatchObject({ minioServer: "127.0.0.1:8092" });
    for (const [provider, key, value] of [
      ["keycloak keycloak", "password", keycloakAdmin.password],
      ["minio minio", "minioPassword", minioRoot.password],
    ] as const) {
      const given = declared.get(provider)?.[key];
      expect(isSecret(given), provider).toBe(true);
      expect(opened(given)).toBe(value);
    }
    const all = JSON.stringify([...declared.values()]);
    for (const secret of JSON.stringify(others).match(/not-a-real-[\w-]+/g) ?? []) {
      expect(all).not.toContain(secret);
    }
    const open = [...declared].filter(([name]) => !/^(keycloak|minio) /.test(name));
    expect(JSON.stringify(open)).not.toMatch(/not-a-real/);
  });

  it("gives the environment of its programs, with the CA of a platform that has one", async () => {
    const http = (await program(twoTeams())).result;
    expect(await pulumi.isSecret(pulumi.output(http["MLFLOW_PLATFORM_CLIENT_SECRET"]))).toBe(true);
    expect(http).toEqual({
      MLFLOW_PLATFORM_CLIENT_SECRET: http["MLFLOW_PLATFORM_CLIENT_SECRET"],
      MLFLOW_TRACKING_URI: "http://localhost:8080",
      MLFLOW_WORKSPACE: "vision",
      MLFLOW_PLATFORM_CLIENT_ID: "vision-nightly",
      MLFLOW_PLATFORM_TOKEN_URL: "http://localhost:8081/realms/mlflow-dev/protocol/openid-connect/token",
      MLFLOW_PLATFORM_S3_URL: "http://localhost:8082",
      MLFLOW_PLATFORM_BUCKET: "mlflow-vision",
      MLFLOW_PLATFORM_PREFIX: "vision-nightly/",
    });
    const https = { ...twoTeams(), certificates: { mode: "self-signed" as const, ca: "PEM" } };
    expect((await program(https)).result["MLFLOW_PLATFORM_CA"]).toBe("PEM");
  });

  it("has the platform's versions of what it shares", () => {
    const read = (path: string) =>
      JSON.parse(readFileSync(join(checkout, path), "utf8")) as Record<string, Record<string, string>>;
    const [own, root] = [read("examples/consumer/package.json"), read("package.json")];
    const all = { ...root["dependencies"], ...root["devDependencies"] };
    for (const [name, version] of Object.entries({ ...own["dependencies"], ...own["devDependencies"] })) {
      expect(version, name).toBe(all[name]);
    }
    const locked = read("examples/consumer/package-lock.json")["packages"]?.[""] as unknown as typeof own;
    expect(locked["dependencies"]).toEqual(own["dependencies"]);
    expect(locked["devDependencies"]).toEqual(own["devDependencies"]);
  });
});
