import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BENCH_STACK, Throwaway, teamSettings } from "../../../cli/bench/throwaway";
import { readSettings } from "../../../cli/engine/stack";
import { stateDir } from "../../../cli/paths";
import { parseSettings } from "../../../config/settings";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bench-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("settings of many teams", () => {
  it.each([2, 100])("are valid for %d", (count) => {
    const { teams, users, protectData } = parseSettings(BENCH_STACK, { ...teamSettings(count) });
    expect(teams).toHaveLength(count);
    expect(users).toHaveLength(count);
    expect(new Set(teams.flatMap(({ serviceAccounts }) => serviceAccounts)).size).toBe(count);
    expect(protectData).toBe(false);
  });
});

describe("the place of throw-away stacks", () => {
  it("has its own configuration and state, and gives the environment back", async () => {
    const before = { ...process.env };
    const place = new Throwaway(folder);
    place.configure(BENCH_STACK, teamSettings(2, 9400));
    await place.inside(async () => {
      expect(readSettings(BENCH_STACK).portBase).toBe(9400);
      expect(stateDir()).toBe(join(folder, "state"));
      expect(process.env["PULUMI_BACKEND_URL"]).toBe(`file://${join(folder, "state", "backend")}`);
    });
    expect(process.env).toEqual(before);
    expect(() => readSettings(BENCH_STACK)).toThrow(/Pulumi\.bench\.yaml/);
  });

  it("gives the environment back after a failure too", async () => {
    const before = { ...process.env };
    await expect(new Throwaway(folder).inside(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(process.env).toEqual(before);
  });

  it("is for this user only", () => {
    new Throwaway(folder).configure(BENCH_STACK, teamSettings(2));
    const file = join(folder, "config", "Pulumi.bench.yaml");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, "utf8")).toContain("mlflow-platform:portBase: 9400");
  });
});
