import { beforeAll, describe, expect, it } from "vitest";
import { deploy } from "../../../components/platform";
import { servicesOf } from "../../../lib/services";
import { record } from "../../helpers/harness";
import type { Recorded, Recording } from "../../helpers/recording";
import { leaks } from "../../helpers/secrets";
import { sampleSettings } from "../../helpers/settings";

let platform: Recording;

beforeAll(async () => {
  platform = await record(() => deploy(sampleSettings()));
});

/** Parts of the platform in the order in which they must come up, as `Type name`. */
const ORDER = [
  "Volume postgres-data",
  "Container postgres-container",
  "Role postgres-keycloak-role",
  "Database postgres-keycloak-database",
  "Container keycloak-container",
  "Realm identity-realm",
  "Client identity-clients-minio",
  "Container minio-container",
  "S3Bucket storage-mlflow-artifacts",
  "Container mlflow-container",
  "Workspace access-vision",
  "Grant access-vision-members",
];
const STEPS = ORDER.slice(1).map((later, index) => ({ earlier: ORDER[index] ?? "", later }));

/** The resource called `Type name`. */
function one(typeAndName: string): Recorded {
  const [type = "", name = ""] = typeAndName.split(" ");
  return platform.get(type, name);
}

describe("the whole platform", () => {
  it("declares nothing twice", () => {
    expect(platform.duplicates()).toEqual([]);
  });

  it("names every child after its parent", () => {
    const wrong = platform.resources.filter((child) => {
      const parent = platform.parentOf(child);
      const own = parent?.name === child.name;
      return parent !== undefined && !own && !child.name.startsWith(`${parent.name}-`);
    });
    expect(wrong.map(({ type, name }) => `${type} ${name}`)).toEqual([]);
    // The rule was applied to something: nearly everything has a component above it.
    const children = platform.custom.filter((child) => platform.parentOf(child) !== undefined);
    expect(platform.custom.length - children.length).toBe(1);
  });

  it("gives every resource of a configurable provider an explicit provider", () => {
    const needing = platform.custom.filter(({ type }) => /^(docker|keycloak|minio|postgresql):/.test(type));
    expect(needing.length).toBeGreaterThan(60);
    const plugin = ({ type }: Recorded): string => type.split(":")[0] ?? "";
    expect(
      needing.filter((it) => !it.provider.includes(`pulumi:providers:${plugin(it)}::`)).map(({ urn }) => urn),
    ).toEqual([]);
  });

  it.each(STEPS)("makes $earlier before $later", ({ earlier, later }) => {
    expect(platform.isAfter(one(later), one(earlier))).toBe(true);
    expect(platform.isAfter(one(earlier), one(later))).toBe(false);
  });

  it("makes MLflow only when its databases, its client, its key and its bucket are there", () => {
    const mlflow = platform.get("Container", "mlflow-container");
    for (const needed of [
      "Database postgres-mlflow-database",
      "Database postgres-mlflow-auth-database",
      "Client identity-clients-mlflow",
      "IamUserPolicyAttachment storage-server-policy",
      "S3Bucket storage-mlflow-artifacts",
    ]) {
      expect(platform.isAfter(mlflow, one(needed)), needed).toBe(true);
    }
  });

  it("calls MLflow only once the provisioner's tokens say what they should", () => {
    const scopes = platform.get("ClientDefaultScopes", "identity-account-mlflow-provisioner-scopes");
    const calls = ["Workspace", "Grant", "Account"].flatMap((type) => platform.ofType(type));
    expect(calls).toHaveLength(10);
    expect(calls.filter((resource) => !platform.isAfter(resource, scopes))).toEqual([]);
  });
});

describe("secrets", () => {
  it("lie open in no input of any resource", () => {
    expect(platform.resources.flatMap(({ name, inputs }) => leaks(inputs, name))).toEqual([]);
  });

  it("lie open in no output of the stack or of a component", () => {
    expect(leaks(platform.stackOutputs, "stack")).toEqual([]);
    expect([...platform.componentOutputs].flatMap(([urn, outputs]) => leaks(outputs, urn))).toEqual([]);
  });

  it("reach containers as files only: nothing that runs holds a secret input at all", () => {
    const running = platform.ofType("Container").filter(({ name }) => name.endsWith("-container"));
    expect(running).toHaveLength(servicesOf("http").length);
    const marked = JSON.stringify(running.map(({ inputs }) => inputs));
    expect(marked).not.toContain("1b47061264138c4ac30d75fd1eb44270");
    expect(marked).not.toContain("generated!");
  });

  it("are kept secret in the state of resources whose code is stored with them", () => {
    const dynamic = platform.custom.filter(({ type }) => type.startsWith("pulumi-nodejs:"));
    expect(dynamic).toHaveLength(11);
    for (const { name, inputs, additionalSecretOutputs } of dynamic) {
      expect(additionalSecretOutputs, name).toEqual(["password" in inputs ? "password" : "clientSecret"]);
      expect(inputs["__provider"], name).toEqual(expect.stringContaining("exports.handler"));
      expect(inputs["__provider"], name).not.toContain("generated!");
    }
  });

  it("are all generated, long, and of characters that need no quoting", () => {
    const passwords = platform.ofType("RandomPassword");
    expect(passwords.length).toBeGreaterThan(15);
    for (const { name, inputs } of passwords) expect(inputs, name).toEqual({ length: 44, special: false });
  });
});

describe("a preview", () => {
  it("declares the same resources although ids and passwords are unknown", async () => {
    const preview = await record(() => deploy(sampleSettings()), { preview: true });
    expect(preview.list()).toEqual(platform.list());
  });
});
