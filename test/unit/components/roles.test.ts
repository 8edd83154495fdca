import { beforeAll, describe, expect, it } from "vitest";
import { deploy } from "../../../components/platform";
import { rolePolicyDocument } from "../../../lib/policies";
import { record } from "../../helpers/harness";
import type { Properties, Recording } from "../../helpers/recording";
import { sampleSettings } from "../../helpers/settings";

const ACCOUNTS = [{ name: "report", role: "reader", generation: 2 }, { name: "clean", role: "admin" }, "ci"];
const TEAM = { name: "vision", members: ["vera"], admins: ["ada"], readers: ["nora"] };

let plain: Recording;
let roles: Recording;

beforeAll(async () => {
  plain = await record(() => deploy(sampleSettings({ teams: [{ name: "vision", members: ["vera"] }] })));
  roles = await record(() =>
    deploy(sampleSettings({ teams: [{ ...TEAM, serviceAccounts: ACCOUNTS, retain: false }] })),
  );
});

const inputs = (type: string, name: string, from = roles): Properties => from.get(type, name).inputs;
const groupsOf = (name: string): string[] =>
  (inputs("UserGroups", name)["groupIds"] as string[]).map((id) =>
    id.replace("id-of-identity-people-group-", ""),
  );
const grants = (): Record<string, unknown> =>
  Object.fromEntries(
    roles.ofType("Grant").map(({ inputs: it }) => [String(it["holder"]), it["permission"]] as const),
  );

describe("roles in a team", () => {
  it("are a permission in its workspace each", () => {
    expect(grants()).toEqual({
      vision: "EDIT",
      "vision.admins": "MANAGE",
      "vision.readers": "READ",
      "service-account-ci": "EDIT",
      "service-account-clean": "MANAGE",
      "service-account-report": "READ",
    });
  });

  it("are a policy of its bucket each", () => {
    for (const [name, role] of [
      ["read-vision", "reader"],
      ["team-vision", "member"],
      ["admin-vision", "admin"],
    ] as const) {
      expect(inputs("IamPolicy", `storage-policy-${name}`)["policy"]).toBe(
        rolePolicyDocument("mlflow-vision", role),
      );
    }
  });

  it("put people and accounts into groups: administrators are members too, readers are not", () => {
    expect(groupsOf("identity-people-ada-in-vision")).toEqual(["vision", "vision.admins"]);
    expect(groupsOf("identity-people-ada-groups")).toEqual(["mlflow-users", "mlflow-admins"]);
    expect(groupsOf("identity-people-nora-in-vision")).toEqual(["vision.readers"]);
    expect(groupsOf("identity-people-nora-groups")).toEqual(["mlflow-users"]);
    expect(groupsOf("identity-account-report-groups")).toEqual(["vision.readers"]);
    expect(groupsOf("identity-account-clean-groups")).toEqual(["vision", "vision.admins"]);
  });

  it("cost nothing where nobody holds them", () => {
    const role = /readers|admins|read-vision|admin-vision/;
    const kept = ["identity-people-group-mlflow-admins", "storage-policy-platform-admins"];
    expect(
      plain.resources.map(({ name }) => name).filter((name) => role.test(name) && !kept.includes(name)),
    ).toEqual([]);
  });
});

describe("a service account's generation", () => {
  it("keeps the first secret as it was, and makes another one when it is raised", () => {
    const secret = (name: string): Properties => inputs("RandomPassword", `identity-account-${name}-secret`);
    expect(secret("ci")).not.toHaveProperty("keepers");
    expect(secret("report")["keepers"]).toEqual({ generation: "2" });
  });
});

describe("a team that is not retained", () => {
  it("lets its bucket go with all that is in it, and its workspace too; the shared bucket stays", () => {
    expect(inputs("S3Bucket", "storage-mlflow-vision")["forceDestroy"]).toBe(true);
    expect(inputs("Workspace", "access-vision")["retain"]).toBe(false);
    expect(inputs("S3Bucket", "storage-mlflow-artifacts")).not.toHaveProperty("forceDestroy");
    expect(inputs("S3Bucket", "storage-mlflow-vision", plain)).not.toHaveProperty("forceDestroy");
    expect(inputs("Workspace", "access-vision", plain)["retain"]).toBe(true);
  });
});
