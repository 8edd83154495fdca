import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { pulumiHome, withoutLogs } from "../../../cli/bootstrap/pulumiHome";

let root: string;
let logs: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "pulumi-home-"));
  vi.stubEnv("MLFLOW_PLATFORM_CACHE_DIR", root);
  logs = join(pulumiHome(), "logs");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});

describe("the log that Pulumi keeps for itself", () => {
  it("has no folder to be written to, on a machine where nothing is yet", async () => {
    await withoutLogs();
    expect((await stat(logs)).isFile()).toBe(true);
    // As the CLI would make it.
    await expect(mkdir(logs, { recursive: true })).rejects.toThrow(/EEXIST/);
  });

  it("goes with what an earlier version let it write, and nothing beside it", async () => {
    await mkdir(logs, { recursive: true });
    await writeFile(join(logs, "pulumi.1.log"), "much");
    await writeFile(join(pulumiHome(), "credentials.json"), "kept");
    await withoutLogs();
    expect((await stat(logs)).isFile()).toBe(true);
    expect(await readFile(join(pulumiHome(), "credentials.json"), "utf8")).toBe("kept");
  });

  it("is left as it is the next time", async () => {
    await withoutLogs();
    const { mtimeMs } = await stat(logs);
    await withoutLogs();
    expect((await stat(logs)).mtimeMs).toBe(mtimeMs);
  });
});
