import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import execa from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkout } from "../../../cli/paths";

interface Launcher {
  chooseNode(
    dir: string,
    running: { version: string; execPath: string; platform: string; arch: string },
  ): string | undefined;
  installedAsLocked(dir: string): boolean;
  STAMP: string;
}

let root: string;
let launcher: Launcher;
const run = (args: string[] = []) =>
  execa(process.execPath, [join(root, "bin/run.mjs"), ...args], {
    reject: false,
    cwd: tmpdir(),
    env: { npm_config_fetch_retries: "0" },
  });

/** A checkout with one package of its own, a loader in place of tsx, and a CLI that tells what it got. */
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "launcher-"));
  await cp(join(checkout, "bin"), join(root, "bin"), { recursive: true });
  await mkdir(join(root, "packages/tsx/dist"), { recursive: true });
  await writeFile(join(root, "packages/tsx/package.json"), '{"name":"tsx","version":"1.0.0"}');
  await writeFile(join(root, "packages/tsx/dist/loader.mjs"), "");
  await mkdir(join(root, "cli"));
  await writeFile(
    join(root, "cli/main.ts"),
    `const [verb, ...rest] = process.argv.slice(2);
     if (verb === "wait") {
       process.on("SIGTERM", () => process.exit(9));
       setInterval(() => {}, 1000);
       console.log("waiting");
     } else {
       console.log(JSON.stringify({ verb, rest, path: process.env.PATH.split(":")[0] }));
       process.exitCode = verb === "fail" ? 7 : 0;
     }`,
  );
  await lock("tsx");
  launcher = (await import(pathToFileURL(join(root, "bin/run.mjs")).href)) as Launcher;
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Locks packages that lie in the checkout. */
async function lock(...names: string[]): Promise<void> {
  const dependencies = Object.fromEntries(names.map((name) => [name, `file:packages/${name}`]));
  await writeFile(join(root, "package.json"), JSON.stringify({ name: "x", version: "1.0.0", dependencies }));
  await execa("npm", ["install", "--package-lock-only", "--offline", "--no-audit"], { cwd: root });
}

describe("the launcher", () => {
  it("installs the packages first and says why, then runs the CLI with Node and arguments", async () => {
    const { stdout, stderr, exitCode } = await run(["up", "--", "--stack", "a b"]);
    expect(stderr).toContain("Installing the npm packages, since they are not installed yet");
    expect(JSON.parse(stdout.split("\n").at(-1) ?? "")).toMatchObject({
      verb: "up",
      rest: ["--", "--stack", "a b"],
      path: join(process.execPath, ".."),
    });
    expect(exitCode).toBe(0);
  }, 60_000);

  it("does not install again, and hands the exit code through", async () => {
    const { stderr, exitCode } = await run(["fail"]);
    expect(stderr).toBe("");
    expect(exitCode).toBe(7);
  });

  it("does not install again what somebody installed with npm", async () => {
    await rm(join(root, "node_modules"), { recursive: true });
    await execa("npm", ["ci", "--offline", "--no-audit"], { cwd: root });
    expect((await run(["up"])).stderr).toBe("");
  }, 60_000);

  it("installs again after an installation that did not end", async () => {
    await rm(join(root, "node_modules", launcher.STAMP));
    await rm(join(root, "node_modules", ".package-lock.json"));
    const { stderr, exitCode } = await run(["up"]);
    expect(stderr).toContain("since an earlier installation did not end");
    expect(exitCode).toBe(0);
  }, 60_000);

  it("installs again when other packages are locked", async () => {
    await mkdir(join(root, "packages/extra"));
    await writeFile(join(root, "packages/extra/package.json"), '{"name":"extra","version":"1.0.0"}');
    await lock("tsx", "extra");
    expect((await run(["up"])).stderr).toContain("since package-lock.json has changed");
    expect((await run(["up"])).stderr).toBe("");
  }, 60_000);

  it("says what to do when npm fails", async () => {
    const file = join(root, "package-lock.json");
    const locked = JSON.parse(await readFile(file, "utf8")) as {
      packages: Record<string, { dependencies?: Record<string, string> }>;
    };
    const dependencies = { tsx: "file:packages/tsx", extra: "file:packages/extra", gone: "1.0.0" };
    await writeFile(
      join(root, "package.json"),
      JSON.stringify({ name: "x", version: "1.0.0", dependencies }),
    );
    locked.packages[""] = { ...locked.packages[""], dependencies };
    Object.assign(locked.packages, {
      "node_modules/gone": { version: "1.0.0", resolved: "http://127.0.0.1:1/gone.tgz" },
    });
    await writeFile(file, JSON.stringify(locked));
    const { stderr, exitCode } = await run(["up"]);
    expect(stderr).toMatch(/✗ npm ci ended with exit code \d+.*\n {2}Next: Check with `npm ping`/);
    expect(exitCode).toBe(1);
    await lock("tsx");
    expect((await run(["up"])).exitCode).toBe(0);
  }, 60_000);

  it("hands a signal on and lets the CLI decide how to end", async () => {
    const child = spawn(process.execPath, [join(root, "bin/run.mjs"), "wait"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    child.kill("SIGTERM");
    expect(await new Promise((resolve) => child.once("close", resolve))).toBe(9);
  });
});

describe("the Node for the CLI", () => {
  const running = { version: "v20.20.2", execPath: "/usr/bin/node", platform: "linux", arch: "x64" };
  it("is the packaged one, whatever runs now", () => {
    expect(launcher.chooseNode(checkout, { ...running, arch: process.arch })).toBe(
      join(checkout, `node_modules/node-linux-${process.arch}/bin/node`),
    );
  });
  it.each([
    ["v20.20.2", undefined],
    ["v22.11.0", undefined],
    ["v22.12.0", "/usr/bin/node"],
    ["v24.0.0", "/usr/bin/node"],
  ])("without a packaged one: %s gives %s", (version, wanted) => {
    expect(launcher.chooseNode("/nonexistent", { ...running, version })).toBe(wanted);
  });
});

describe("packages that somebody else installed", () => {
  it.each([
    ["of the locked version", "1.21.0", true],
    ["of that version with a v before it, as @pulumi/policy writes its own", "v1.21.0", true],
    ["of another version", "1.20.0", false],
  ])("%s", async (_, version, same) => {
    const folder = await mkdtemp(join(tmpdir(), "launcher-installed-"));
    try {
      const packages = { "node_modules/one": { version: "1.21.0", integrity: "sha512-x" } };
      await mkdir(join(folder, "node_modules/one"), { recursive: true });
      await writeFile(
        join(folder, "package-lock.json"),
        JSON.stringify({ packages: { "": {}, ...packages } }),
      );
      await writeFile(join(folder, "node_modules/.package-lock.json"), JSON.stringify({ packages }));
      await writeFile(
        join(folder, "node_modules/one/package.json"),
        JSON.stringify({ name: "one", version }),
      );
      expect(launcher.installedAsLocked(folder)).toBe(same);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
