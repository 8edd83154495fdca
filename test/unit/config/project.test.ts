import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { SETTING_KEYS, settingsSchema } from "../../../config/schema";
import { parseSettings } from "../../../config/settings";
import { portWishes } from "../../../cli/engine/ports";
import { faultsOf } from "./fixtures";

const checkout = join(__dirname, "../../..");

interface ProjectKey {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
}

const read = (file: string): Record<string, unknown> =>
  (parse(readFileSync(join(checkout, file), "utf8")) as { config: Record<string, unknown> }).config;

/** Keys of our own in Pulumi.yaml: all without a namespace. */
const declared = Object.entries(read("Pulumi.yaml")).filter(([key]) => !key.includes(":")) as [
  string,
  ProjectKey,
][];

describe("Pulumi.yaml", () => {
  it("declares exactly the keys of the schema", () => {
    expect(declared.map(([key]) => key).sort()).toEqual([...SETTING_KEYS].sort());
  });

  it.each(declared)("%s has type, description and default", (_key, entry) => {
    expect(entry.type).toMatch(/^(string|integer|boolean|array|object)$/);
    expect(entry.description?.length).toBeGreaterThan(40);
    expect(entry.default).toBeDefined();
  });

  it("has the schema's own defaults", () => {
    const defaults = Object.fromEntries(declared.map(([key, entry]) => [key, entry.default]));
    expect(defaults).toEqual(settingsSchema.parse({}));
  });

  it("keeps resources from being made by a provider that nobody chose", () => {
    expect(read("Pulumi.yaml")["pulumi:disable-default-providers"]).toEqual({
      value: expect.arrayContaining(["docker", "keycloak", "minio", "postgresql"]) as unknown,
    });
  });
});

/** Stacks whose file is in git; others are somebody's own. */
const stacks = execFileSync("git", ["ls-files", "Pulumi.*.yaml"], { cwd: checkout, encoding: "utf8" })
  .split("\n")
  .flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);

describe("the committed stacks", () => {
  const settingsOf = (stack: string): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(read(`Pulumi.${stack}.yaml`)).map(([key, value]) => [
        key.replace("mlflow-platform:", ""),
        value,
      ]),
    );

  /** As the committed file becomes by `config set --secret`, which its first lines ask for. */
  const withToken = (stack: string): Record<string, unknown> => ({
    ...settingsOf(stack),
    ...(settingsOf(stack)["ingress"] === "acme" ? { duckdnsToken: { secure: "v1:abc" } } : {}),
  });

  it("are one for each way to be reached", () => {
    expect(stacks).toEqual(["dev", "prod", "staging"]);
    expect(stacks.map((stack) => settingsOf(stack)["ingress"])).toEqual(["http", "acme", "self-signed"]);
  });

  it.each(stacks)("%s has no fault", (stack) => {
    expect(parseSettings(stack, withToken(stack)).stack).toBe(stack);
  });

  it("cannot be deployed as production before a token is encrypted into it, and say how", () => {
    expect(faultsOf(settingsOf("prod"), "prod")).toEqual([
      {
        key: "duckdnsToken",
        problem: expect.stringContaining(
          "npm run pulumi -- config set --secret mlflow-platform:duckdnsToken --stack prod",
        ) as string,
      },
    ]);
  });

  it("protect data and first passwords outside dev", () => {
    const decided = stacks.map((stack) => {
      const { protectData, temporaryPasswords } = parseSettings(stack, withToken(stack));
      return [stack, protectData, temporaryPasswords];
    });
    expect(decided).toEqual([
      ["dev", false, false],
      ["prod", true, true],
      ["staging", true, true],
    ]);
  });

  it("fit on one machine: no port of one is another one's", () => {
    const ports = stacks.flatMap((stack) =>
      portWishes(parseSettings(stack, withToken(stack))).map(({ port }) => port),
    );
    expect(ports.length).toBeGreaterThan(15);
    expect(ports.filter((port, at) => ports.indexOf(port) !== at)).toEqual([]);
  });

  it("have a working example in dev: an administrator, two teams with members and service accounts, somebody in none", () => {
    const { users, teams } = parseSettings("dev", settingsOf("dev"));
    expect(users.filter(({ admin }) => admin)).not.toEqual([]);
    expect(teams.length).toBeGreaterThanOrEqual(2);
    for (const { members, serviceAccounts } of teams) {
      expect(members).not.toEqual([]);
      expect(serviceAccounts).not.toEqual([]);
    }
    const inTeams = new Set(teams.flatMap(({ members }) => members));
    expect(users.filter(({ username, admin }) => !admin && !inTeams.has(username))).not.toEqual([]);
  });

  it("hold no secret and no state of one's own", () => {
    for (const stack of stacks) {
      expect(readFileSync(join(checkout, `Pulumi.${stack}.yaml`), "utf8")).not.toMatch(
        /secure:|encryptionsalt/,
      );
    }
  });
});
