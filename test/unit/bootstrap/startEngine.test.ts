import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startEngine, waitForEngine } from "../../../cli/bootstrap/engineStep";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "engine-"));
  vi.stubEnv("MLFLOW_PLATFORM_STATE_DIR", join(root, "state"));
  vi.stubEnv("PATH", [root, process.env["PATH"]].join(delimiter));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});

/** Puts a program `dockerd` on PATH: a second real engine would take the first one's network away. */
async function dockerd(body: string): Promise<void> {
  await writeFile(join(root, "dockerd"), `#!${process.execPath}\n${body}`);
  await chmod(join(root, "dockerd"), 0o755);
}

describe("starting the engine", () => {
  it("waits until it answers, and leaves it running in a session of its own", async () => {
    await dockerd(`
      const { createServer } = require("node:http");
      const socket = process.argv[process.argv.indexOf("--host") + 1].slice("unix://".length);
      console.log("starting");
      const answer = JSON.stringify({ ServerVersion: "99.1", DockerRootDir: "/data", Architecture: "aarch64" });
      setTimeout(() => createServer((_, response) => response.end(answer)).listen(socket), 300);`);
    const address = `unix://${join(root, "d.sock")}`;
    const pid = await startEngine(address);
    expect(await waitForEngine(address, pid)).toEqual({
      kind: "ready",
      version: "99.1",
      root: "/data",
      rootless: false,
      arch: "arm64",
    });
    const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1]?.split(" ");
    expect(Number(fields?.[3])).toBe(pid);
    process.kill(pid);
    expect(await readFile(join(root, "state/logs/dockerd.log"), "utf8")).toBe("starting\n");
  });

  it("that ends at once is told with its last words and exit code 3, without waiting", async () => {
    await dockerd(`console.error("failed to load iptables"); process.exit(1);`);
    const address = `unix://${join(root, "d.sock")}`;
    const started = Date.now();
    const failed = waitForEngine(address, await startEngine(address));
    await expect(failed).rejects.toThrow(/ended at once.*\n {4}failed to load iptables/s);
    await expect(failed).rejects.toMatchObject({ exitCode: 3 });
    expect(Date.now() - started).toBeLessThan(10_000);
  });
});
