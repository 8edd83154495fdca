import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import execa from "execa";
import { beforeEach, describe, expect, it } from "vitest";
import { exportState, importState } from "../../cli/engine/recovery/state";
import { type MoveStep, destination, moveState } from "../../cli/state/move";
import { cli } from "../helpers/cli";
import { SECRETS, madeState, resources } from "../helpers/madeState";
import { twoTeams } from "../helpers/stackFile";
import { StateScene } from "../helpers/stateScene";

const NAME = "statesof";
const scene = StateScene.of(NAME);

describe("state export", () => {
  it("holds no secret in clear, is for its owner only, and overwrites nothing", async () => {
    const file = join(scene.stateDir, "exported.json");
    const { exitCode, output } = await scene.run("export", ["--file", file]);
    expect(exitCode, output).toBe(0);
    const text = readFileSync(file, "utf8");
    const clear = JSON.stringify(await exportState(scene.stack, true));
    for (const secret of Object.values(SECRETS)) {
      expect(clear).toContain(secret);
      expect(text).not.toContain(secret);
      expect(text).not.toContain(Buffer.from(secret).toString("base64").replaceAll("=", ""));
    }
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const again = await scene.run("export", ["--file", file]);
    expect(again.exitCode).toBe(2);
    expect(again.output).toContain("is not overwritten");
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  it("has no option that shows secrets", async () => {
    expect((await scene.run("export", ["--show-secrets"])).exitCode).toBe(2);
  });

  it("refuses a state in which a secret is not encrypted", async () => {
    const content = JSON.parse(readFileSync(scene.checkpoint, "utf8")) as {
      checkpoint: { latest: { resources: unknown } };
    };
    content.checkpoint.latest.resources = resources(NAME);
    writeFileSync(scene.checkpoint, JSON.stringify(content));
    const { exitCode, output } = await scene.run("export");
    expect(exitCode).toBe(1);
    expect(output).toContain("are not encrypted");
    expect(output).not.toContain(SECRETS.password);
  });
});

describe("state import", () => {
  const file = (): string => join(scene.stateDir, "exported.json");
  beforeEach(async () => {
    expect((await scene.run("export", ["--file", file()])).exitCode).toBe(0);
  });

  it("gives back what was exported, and keeps what was there", async () => {
    const before = await scene.says();
    const other = await exportState(scene.stack);
    await importState(scene.stack, {
      ...other,
      deployment: { ...other.deployment, resources: (other.deployment.resources ?? []).slice(0, 1) },
    });
    const { exitCode, output } = await scene.run("import", ["--file", file()]);
    expect(exitCode, output).toBe(0);
    expect(await scene.says()).toBe(before);
    const copy = /Kept: (\S+)/.exec(output)?.[1] ?? "";
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    expect(readFileSync(copy, "utf8")).not.toContain(SECRETS.password);
  });

  it.each([["garbage"], [""]])("works over a state that cannot be read (%j)", async (content) => {
    const before = await scene.says();
    const good = readFileSync(scene.checkpoint, "utf8");
    writeFileSync(`${scene.checkpoint}.bak`, good);
    writeFileSync(scene.checkpoint, content);
    const status = await scene.run("status");
    expect(status.exitCode).toBe(1);
    expect(status.output).toContain("cannot be read");
    const up = await cli(["env", "--stack", NAME, "--team", "vision"], scene.place.env);
    expect(up.exitCode).toBe(1);
    const { exitCode, output } = await scene.run("import", ["--file", file()]);
    expect(exitCode, output).toBe(0);
    expect(await scene.says()).toBe(before);
    const kept = [...output.matchAll(/Kept: (\S+)/g)].map(([, copy = ""]) => readFileSync(copy, "utf8"));
    expect(kept).toEqual(expect.arrayContaining([content, good]));
  });

  it("takes a checkpoint that Pulumi has kept", async () => {
    const before = await scene.says();
    const kept = join(scene.stateDir, "kept.json");
    writeFileSync(kept, readFileSync(scene.checkpoint));
    writeFileSync(scene.checkpoint, "damaged");
    const { exitCode, output } = await scene.run("import", ["--file", kept]);
    expect(exitCode, output).toBe(0);
    expect(await scene.says()).toBe(before);
  });

  it("refuses an older one, unless told", async () => {
    const older = JSON.parse(readFileSync(file(), "utf8")) as { deployment: { manifest: { time: string } } };
    older.deployment.manifest.time = "2020-01-01T00:00:00Z";
    writeFileSync(file(), JSON.stringify(older));
    const refused = await scene.run("import", ["--file", file()]);
    expect(refused.exitCode).toBe(1);
    expect(refused.output).toContain("is older (2020-01-01T00:00:00.000Z)");
    const { exitCode, output } = await scene.run("import", ["--file", file(), "--force"]);
    expect(exitCode, output).toBe(0);
  });

  it("names all that does not fit, and changes nothing", async () => {
    const before = readFileSync(scene.checkpoint, "utf8");
    scene.place.configure("another", twoTeams(9770));
    const { exitCode, output } = await cli(["state", "import", "--stack", "another", "--file", file()], {
      ...scene.place.env,
      PULUMI_CONFIG_PASSPHRASE: "another passphrase",
    });
    expect(exitCode).toBe(2);
    expect(output).toContain(`it is the state of stack ${NAME}, not of another`);
    expect(output).toContain("the passphrase of stack another does not open its secrets");
    writeFileSync(file(), "no state");
    expect((await scene.run("import", ["--file", file()])).exitCode).toBe(2);
    expect(readFileSync(scene.checkpoint, "utf8")).toBe(before);
  });

  it("is not kept out by the lock of a dead run, also over a state that cannot be read", async () => {
    const before = await scene.says();
    writeFileSync(scene.checkpoint, "damaged");
    scene.deadLock();
    const { exitCode, output } = await scene.run("import", ["--file", file()]);
    expect(exitCode, output).toBe(0);
    expect(await scene.says()).toBe(before);
  });

  it("refuses while somebody holds the stack", async () => {
    scene.lock({ pid: process.pid, hostname: "elsewhere" });
    const { exitCode, output } = await scene.run("import", ["--file", file()]);
    expect(exitCode).toBe(1);
    expect(output).toContain("locked by ada on elsewhere");
  });
});

describe("state move", () => {
  const target = join(scene.stateDir, "..", "elsewhere");
  const to = `file://${target}`;

  it("copies, proves the copy, says what to set, and keeps people from the old state", async () => {
    const before = await scene.says();
    const { exitCode, output } = await scene.run("move", ["--to", to]);
    expect(exitCode, output).toBe(0);
    expect(output).toContain(`export PULUMI_BACKEND_URL=${to}`);
    const refused = await cli(["env", "--stack", NAME, "--team", "vision"], scene.place.env);
    expect(refused.exitCode).toBe(1);
    expect(refused.output).toContain("was moved from");
    const there = { ...scene.place.env, PULUMI_BACKEND_URL: to };
    expect(await saysAt(there)).toBe(before);
    expect(existsSync(scene.checkpoint)).toBe(false);
    const again = await scene.run("move", ["--to", to]);
    expect(again.exitCode, again.output).toBe(0);
    const back = await cli(
      ["state", "move", "--stack", NAME, "--to", `file://${join(scene.stateDir, "backend")}`],
      there,
    );
    expect(back.exitCode, back.output).toBe(0);
    expect(await scene.says()).toBe(before);
  });

  it.each<MoveStep>(["copied", "noted"])(
    "goes on where it was interrupted after the step `%s`",
    async (step) => {
      rmSync(target, { recursive: true, force: true });
      const before = await scene.says();
      const stop = (at: MoveStep): void => {
        if (at === step) throw new Error("interrupted");
      };
      await expect(moveState(scene.stack, destination(to), stop)).rejects.toThrow("interrupted");
      // In this process, which has claimed the stack and is still alive.
      const half = await scene.open({ absent: "accept", by: "move" });
      expect((await moveState(half, destination(to))).oldName).toMatch(/-moved-/);
      await expect(scene.open()).rejects.toThrow("was moved from");
      expect(await saysAt({ PULUMI_BACKEND_URL: to })).toBe(before);
    },
  );

  it("keeps what was done at the new address after an interruption, and only renames", async () => {
    rmSync(target, { recursive: true, force: true });
    const stop = (at: MoveStep): void => {
      if (at === "noted") throw new Error("interrupted");
    };
    await expect(moveState(scene.stack, destination(to), stop)).rejects.toThrow("interrupted");
    process.env["PULUMI_BACKEND_URL"] = to;
    const there = await scene.open();
    const { deployment, ...rest } = await exportState(there);
    const fewer = (deployment.resources ?? []).slice(0, -1);
    await importState(there, { ...rest, deployment: { ...deployment, resources: fewer } });
    const after = await scene.says();
    Reflect.deleteProperty(process.env, "PULUMI_BACKEND_URL");
    scene.deadLock();
    const half = await scene.open({ absent: "accept", by: "move" });
    expect((await moveState(half, destination(to))).oldName).toMatch(/-moved-/);
    expect(await saysAt({ PULUMI_BACKEND_URL: to })).toBe(after);
  });

  it("refuses the place where it is, however it is spelt, and leaves nothing of the look there", async () => {
    const link = join(scene.stateDir, "link");
    symlinkSync(join(scene.stateDir, "backend"), link);
    const before = readdirSync(dirname(scene.checkpoint));
    for (const address of [`file://${join(scene.stateDir, "backend")}/`, `file://${link}`]) {
      const { exitCode, output } = await scene.run("move", ["--to", address]);
      expect(exitCode, output).toBe(2);
      expect(output).toContain("already");
    }
    const stacks = (names: readonly string[]): string[] => names.filter((name) => name.endsWith(".json"));
    expect(stacks(readdirSync(dirname(scene.checkpoint)))).toEqual(stacks(before));
    expect((await scene.run("status")).exitCode).toBe(0);
  });

  it("prints commands that a shell takes as they are meant", async () => {
    const odd = `file://${join(scene.stateDir, "..", "o'brien $HOME", NAME)}`;
    const { exitCode, output } = await scene.run("move", ["--to", odd]);
    expect(exitCode, output).toBe(0);
    const command = /^ *(export PULUMI_BACKEND_URL=.*)$/m.exec(output)?.[1] ?? "";
    const { stdout } = await execa("sh", ["-c", `${command}; printf %s "$PULUMI_BACKEND_URL"`]);
    expect(stdout).toBe(odd);
  });

  it("refuses what is no backend, holds a password, or needs a token", async () => {
    const unknown = await scene.run("move", ["--to", "ftp://there"]);
    expect(unknown.exitCode).toBe(2);
    expect(unknown.output).toContain("no address of a backend");
    const password = await scene.run("move", ["--to", "postgres://ada:hunter2@127.0.0.1/states"]);
    expect(password.exitCode).toBe(2);
    expect(password.output).toContain("holds a password");
    expect(password.output).not.toContain("hunter2");
    const service = await scene.run("move", ["--to", "https://api.pulumi.com"], {
      PULUMI_HOME: scene.stateDir,
    });
    expect(service.exitCode).toBe(2);
    expect(service.output).toContain("PULUMI_ACCESS_TOKEN");
  });

  it("does not overwrite another state of that name", async () => {
    rmSync(target, { recursive: true, force: true });
    expect((await scene.run("move", ["--to", to])).exitCode).toBe(0);
    rmSync(scene.stateDir, { recursive: true });
    mkdirSync(scene.stateDir);
    await madeState(NAME, scene.toolchain);
    const { exitCode, output } = await scene.run("move", ["--to", to]);
    expect(exitCode).toBe(1);
    expect(output).toContain("Another state of stack");
    expect(existsSync(scene.checkpoint)).toBe(true);
  });

  async function saysAt(env: Readonly<Record<string, string>>): Promise<string> {
    process.env["PULUMI_BACKEND_URL"] = env["PULUMI_BACKEND_URL"];
    try {
      return await scene.says();
    } finally {
      Reflect.deleteProperty(process.env, "PULUMI_BACKEND_URL");
    }
  }
});

describe("state status", () => {
  it("says where the state is and how it is, to programs as well", async () => {
    const { exitCode, output } = await scene.run("status", ["--json"]);
    expect(exitCode, output).toBe(0);
    const status: unknown = JSON.parse(output.slice(output.indexOf("{")));
    expect(status).toMatchObject({
      stack: NAME,
      well: true,
      resources: 5,
      backend: { kind: "files", chosenBy: "default" },
      secrets: { keptBy: "a passphrase", opens: true },
      locks: [],
    });
  });

  it("shows a lock, and that a passphrase is wrong", async () => {
    scene.lock({ pid: 1, hostname: "elsewhere" });
    const { exitCode, output } = await scene.run("status", [], { PULUMI_CONFIG_PASSPHRASE: "wrong" });
    expect(exitCode).toBe(1);
    expect(output).toContain("locked by ada on elsewhere, process 1 (cannot be seen from here)");
    expect(output).toContain("which the present one does not open");
  });
});
