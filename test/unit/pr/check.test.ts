import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { beginComment, checkChange } from "../../../cli/pr/check";
import { reasons } from "../../../lib/pullRequest/gate";
import { silentReporter } from "../../../cli/bootstrap/silentReporter";
import type { EnvironmentReport } from "../../../lib/pullRequest/report";
import { VOLUME, change, environment } from "./fixtures";

/** What surrounds the check; mocks are made before everything else of this file. */
const world = vi.hoisted(() => ({
  folder: "",
  looks: [] as Look[],
  found: undefined as EnvironmentReport | undefined,
  base: undefined as { name: string; commit: string } | undefined,
  fileBefore: undefined as string | undefined,
  suite: vi.fn<(env: NodeJS.ProcessEnv) => Promise<{ passed: number; failures: string[] }>>(),
}));
interface Look {
  readonly stack: string;
  readonly required: boolean;
  readonly mayBeMissing: boolean;
  readonly offline: boolean;
}
vi.mock("../../../cli/pr/environment", () => ({
  lookAt: (stack: string, options: object) => {
    world.looks.push({ stack, ...(options as Omit<Look, "stack">) });
    return Promise.resolve(world.found);
  },
}));

vi.mock("../../../cli/pr/git", () => ({
  findBase: (asked?: string) =>
    asked === "gone" ? Promise.reject(new Error("no such base, secret-of-git")) : Promise.resolve(world.base),
  head: () => Promise.resolve("0123456789ab"),
  fileAt: () => Promise.resolve(world.fileBefore),
  isNew: () => Promise.resolve(false),
}));

vi.mock("../../../cli/suites", () => ({
  SUITES: ["types", "format", "unit", "e2e"].map((name) => ({ name, what: name, run: world.suite })),
}));

vi.mock("../../../cli/paths", async (original) => ({
  ...(await original<object>()),
  get checkout() {
    return world.folder;
  },
}));
const folder = mkdtempSync(join(tmpdir(), "mlflow-platform-check-"));
world.folder = folder;

const file = join(folder, "out", "comment.md");
const options = {
  reporter: silentReporter(),
  checks: new Set(["types", "unit", "preview"] as const),
  stacks: ["prod"],
  named: true,
  required: true,
  offline: false,
  file,
};
const written = (): string => readFileSync(file, "utf8");

beforeEach(() => {
  beginComment(file);
  world.looks.length = 0;
  world.found = environment("prod", []);
  world.base = { name: "main", commit: "abc" };
  world.fileBefore = undefined;
  world.suite.mockReset().mockResolvedValue({ passed: 3, failures: [] });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the check of a change", () => {
  it("runs the suites that were asked for, without the backend's environment, and looks at each environment", async () => {
    vi.stubEnv("PULUMI_BACKEND_URL", "s3://prod");
    const report = await checkChange(options);
    expect(report.suites.map(({ name, passed }) => `${name} ${passed}`)).toEqual(["types 3", "unit 3"]);
    expect(world.suite.mock.calls[0]?.[0]).not.toHaveProperty("PULUMI_BACKEND_URL");
    expect(world.looks).toMatchObject([
      { stack: "prod", required: true, mayBeMissing: false, offline: false },
    ]);
    expect(reasons(report)).toEqual([]);
    expect(written()).toContain("## ✅ Checks passed");
    vi.unstubAllEnvs();
  });

  it("lets an environment that nobody named be without a state", async () => {
    await checkChange({ ...options, named: false });
    expect(world.looks[0]?.mayBeMissing).toBe(true);
  });

  it("fails for a suite that cannot be run, or tests nothing", async () => {
    world.suite
      .mockResolvedValueOnce({ passed: 0, failures: [] })
      .mockRejectedValueOnce(new Error("no such program"));
    const report = await checkChange(options);
    expect(report.suites.map(({ failures }) => failures)).toEqual([
      ["no test was found"],
      ["could not be run: no such program"],
    ]);
    expect(reasons(report)).toHaveLength(2);
  });

  it("says that there is no result before there is one, and when there will be none", async () => {
    let during = "";
    await checkChange(options);
    beginComment(file);
    world.suite.mockImplementation(() => {
      during = written();
      return Promise.resolve({ passed: 1, failures: [] });
    });
    await checkChange(options);
    expect(during).toContain("No result");
    await expect(checkChange({ ...options, base: "gone" })).rejects.toThrow();
    expect(written()).toContain("No result");
    expect(written()).not.toContain("secret-of-git");
  });

  describe("with data that goes", () => {
    const removed = change("delete", VOLUME, "minio-data");
    const confirmation = JSON.stringify({
      confirmations: [
        {
          stack: "prod",
          resource: removed.urn,
          op: "delete",
          reason: "the old store is empty",
          until: "2999-01-01",
        },
      ],
    });
    const confirm = (text: string): void => {
      const path = join(folder, "policy");
      rmSync(path, { recursive: true, force: true });
      mkdirSync(path);
      writeFileSync(join(path, "confirmations.yaml"), text);
    };
    beforeEach(() => {
      world.found = environment("prod", [removed]);
      confirm(confirmation);
    });

    it("passes when the change adds the confirmation", async () => {
      expect(reasons(await checkChange(options))).toEqual([]);
    });
    it("does not when the base had it, or there is no base", async () => {
      world.fileBefore = confirmation;
      expect(reasons(await checkChange(options))).toEqual(["1 unconfirmed loss of data"]);
      world.fileBefore = undefined;
      world.base = undefined;
      const report = await checkChange(options);
      expect(reasons(report)).toEqual(["1 unconfirmed loss of data"]);
      expect(report.notes.join()).toContain("no confirmation counts");
    });
    it("fails for a file that cannot be read, with all its faults", async () => {
      confirm("confirmations: [{stack: prod}]");
      expect(reasons(await checkChange(options)).length).toBeGreaterThan(3);
    });
    it("names a confirmation that confirms nothing", async () => {
      world.found = environment("prod", []);
      const { notes } = await checkChange(options);
      expect(notes.join()).toContain("confirms nothing");
    });
  });
});
