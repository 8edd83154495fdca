import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import execa from "execa";
import { isComplete, makeOnce } from "../../../cli/bootstrap/complete";
import { buildLanguageHost } from "../../../cli/bootstrap/pulumi";
import { checkout } from "../../../cli/paths";

/** Cold, the build takes half a minute. */
const COLD_MS = 5 * 60_000;
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "killed-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Another process that builds the node language host into the folder, as bootstrap does. */
function otherProcess(dir: string): ChildProcess {
  const program = `
    import { makeOnce } from ${JSON.stringify(join(checkout, "cli/bootstrap/complete.ts"))};
    import { buildLanguageHost } from ${JSON.stringify(join(checkout, "cli/bootstrap/pulumi.ts"))};
    void makeOnce(${JSON.stringify(dir)}, (temporary) => buildLanguageHost(temporary, { progress: () => {} }));`;
  return spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
    cwd: checkout,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

async function until(what: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 3000; i += 1) {
    if (await what()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("it did not come to that");
}

it(
  "a build killed half way leaves nothing that is used, and the next run completes",
  async () => {
    const dir = join(root, "language-host-1");
    const child = otherProcess(dir);
    const left = async (): Promise<string[]> =>
      (await readdir(root)).filter((name) => name.includes(".tmp-"));
    await until(async () => (await left()).length === 1);
    // Only the process itself, as `kill -9` does: the compiler it started lives on and must do no harm.
    process.kill(child.pid ?? 0, "SIGKILL");
    await new Promise((resolve) => child.once("close", resolve));

    expect(existsSync(dir)).toBe(false);
    expect(await isComplete(dir)).toBe(false);
    const [half] = await left();
    expect(half).toBeDefined();
    // The dead process still holds the lock, as far as anyone can see.
    expect(existsSync(`${dir}.lock`)).toBe(true);

    let waited = 0;
    const build = (temporary: string): Promise<void> => buildLanguageHost(temporary, { progress: () => {} });
    expect(await makeOnce(dir, build, { waiting: (ms) => (waited = ms) })).toBe(true);
    expect(waited).toBeLessThan(15_000);
    expect(await left()).toEqual([]);
    expect(existsSync(`${dir}.lock`)).toBe(false);
    expect(await isComplete(dir)).toBe(true);
    expect((await stat(join(dir, "pulumi-resource-pulumi-nodejs"))).mode & 0o111).toBe(0o111);
    // A whole program: it says what it wants.
    const run = await execa(join(dir, "pulumi-language-nodejs"), ["-h"], { reject: false, all: true });
    expect(run.all).toContain("-tracing");
  },
  COLD_MS,
);
