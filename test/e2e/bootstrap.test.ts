import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import execa from "execa";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { hasImage, makeOfPackages } from "../../cli/bootstrap/baseImage";
import { isComplete } from "../../cli/bootstrap/complete";
import { engineAddress, engineClient } from "../../cli/bootstrap/engine";
import { PLUGINS, PULUMI_VERSION } from "../../cli/bootstrap/versions";
import { UserError } from "../../cli/errors";
import { checkout } from "../../cli/paths";

/** Programs are compiled before by `npm test`; here they are mostly linked anew. Cold, it takes far longer. */
const COLD_MS = 25 * 60_000;
const RUN = [join(checkout, "bin/run.mjs"), "bootstrap", "--only"];

let root: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "bootstrap-"));
  env = {
    MLFLOW_PLATFORM_CACHE_DIR: join(root, "cache"),
    MLFLOW_PLATFORM_STATE_DIR: join(root, "state"),
    MLFLOW_PLATFORM_DOWNLOADS: "none",
  };
});
afterAll(() => rm(root, { recursive: true, force: true }));

const run = (steps: string, more: NodeJS.ProcessEnv = {}) =>
  execa(process.execPath, [...RUN, steps], { env: { ...env, ...more }, reject: false, all: true });

/** Names in the cache's folder of programs. */
async function programs(): Promise<string[]> {
  return readdir(join(root, "cache", "toolchain")).catch(() => []);
}

/** Waits until a part is half made, whoever makes it. */
async function halfMade(part: string): Promise<void> {
  for (;;) {
    if ((await programs()).some((name) => name.startsWith(`.${part}-`))) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The process ids of a process and of all below it, by the kernel's own list. */
async function family(child: ChildProcess): Promise<number[]> {
  const { stdout } = await execa("ps", ["-e", "-o", "pid=,ppid="]);
  const rows = stdout.split("\n").map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const pids = [child.pid ?? 0];
  for (const parent of pids) pids.push(...rows.filter(([, ppid]) => ppid === parent).map(([pid]) => pid));
  return pids;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    // It ended by itself meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

describe("a bootstrap that is killed", () => {
  it.each(["language-host", "cli", "providers"])(
    "while it builds %s leaves nothing that counts as made",
    async (part) => {
      const child = spawn(process.execPath, [...RUN, "toolchain"], {
        env: { ...process.env, ...env },
        stdio: "ignore",
      });
      await halfMade(part);
      (await family(child)).forEach(kill);
      if (child.exitCode === null && child.signalCode === null)
        await new Promise((resolve) => child.once("close", resolve));
      const made = (await programs()).filter(
        (name) => name.startsWith(`${part}-`) && !name.endsWith(".lock"),
      );
      expect(made).toEqual([]);
      expect((await programs()).some((name) => name.startsWith(`.${part}-`))).toBe(true);
    },
    COLD_MS,
  );

  it(
    "is completed by the next run, which clears what was left",
    async () => {
      const done = await run("toolchain");
      expect(done.all).toContain("built from source");
      expect(done.exitCode).toBe(0);
      const names = await programs();
      expect(names.filter((name) => name.startsWith(".") || name.endsWith(".lock"))).toEqual([]);
      for (const name of names)
        expect(await isComplete(join(root, "cache", "toolchain", name)), name).toBe(true);
      const cli = names.find((name) => name.startsWith("cli-")) ?? "";
      const home = { PULUMI_HOME: join(root, "cache", "pulumi-home"), PULUMI_SKIP_UPDATE_CHECK: "true" };
      const pulumi = join(root, "cache", "toolchain", cli, "pulumi");
      expect((await execa(pulumi, ["version"], { env: home })).stdout).toBe(`v${PULUMI_VERSION}`);
      const { stdout } = await execa(pulumi, ["plugin", "ls", "--json"], { env: home });
      expect((JSON.parse(stdout) as unknown[]).length).toBe(Object.keys(PLUGINS).length);
    },
    COLD_MS,
  );

  it("and run once more has nothing to do", async () => {
    const again = await run("toolchain");
    expect(again.exitCode).toBe(0);
    expect(again.all?.match(/built before/g)).toHaveLength(2);
  });
});

describe("a machine that is not fit", () => {
  it("is told all that is wrong at once, with exit code 3, and nothing is changed", async () => {
    const bars = { MLFLOW_PLATFORM_MIN_MEMORY_GIB: "100000", MLFLOW_PLATFORM_MIN_DISK_GIB: "1000000" };
    const cache = join(root, "untouched");
    const { exitCode, all } = await run("preflight,pulumi", { ...bars, MLFLOW_PLATFORM_CACHE_DIR: cache });
    expect(exitCode).toBe(3);
    expect(all).toMatch(/✗ memory: .*100000 GiB are needed/);
    expect(all).toMatch(/✗ disk: .*1000000 GiB are needed/);
    expect(all).toMatch(/Next: Mend the above/);
    expect(existsSync(cache)).toBe(false);
  });
});

describe("a base image made of packages", () => {
  it(
    "runs, and is Debian trixie",
    async () => {
      const docker = engineClient(engineAddress());
      const name = { repo: "mlflow-platform-e2e", tag: "trixie" };
      const reference = `${name.repo}:${name.tag}`;
      vi.stubEnv("MLFLOW_PLATFORM_CACHE_DIR", join(root, "cache"));
      vi.stubEnv("MLFLOW_PLATFORM_STATE_DIR", join(root, "state"));
      const making = makeOfPackages(docker, { progress: () => {} }, name);
      // Only root may; others are told so by what debootstrap says.
      if (process.getuid?.() !== 0) return expect(making).rejects.toBeInstanceOf(UserError);
      try {
        await making;
        expect(await hasImage(docker, reference)).toBe(true);
        const container = await docker.createContainer({
          Image: reference,
          Cmd: ["grep", "-q", "VERSION_CODENAME=trixie", "/etc/os-release"],
          NetworkDisabled: true,
        });
        await container.start();
        const ended = (await container.wait()) as { StatusCode: number };
        await container.remove();
        expect(ended.StatusCode).toBe(0);
        expect(
          (await readdir(join(root, "cache"))).filter((entry) => entry.startsWith("debootstrap-")),
        ).toEqual([]);
      } finally {
        vi.unstubAllEnvs();
        await docker.getImage(reference).remove({ force: true });
      }
    },
    10 * 60_000,
  );
});
