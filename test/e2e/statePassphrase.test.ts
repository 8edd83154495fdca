import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import execa from "execa";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ownPassphraseFile } from "../../cli/engine/passphrase";
import { pulumi } from "../../cli/engine/pulumi";
import { exportState } from "../../cli/engine/recovery/state";
import { openStack, readStackFile } from "../../cli/engine/stack";
import { checkout } from "../../cli/paths";
import { opens } from "../../cli/engine/salt";
import { takeNewPassphrase } from "../../cli/state/newPassphrase";
import { type Step, changePassphrase } from "../../cli/state/passphrase";
import { madeState } from "../helpers/madeState";
import { twoTeams } from "../helpers/stackFile";
import { StateScene } from "../helpers/stateScene";

const NAME = "statesecret";
const NEW = "a-new-passphrase-of-a-test";
const scene = StateScene.of(NAME);

describe("state passphrase", () => {
  const given = { MLFLOW_PLATFORM_NEW_PASSPHRASE: NEW };

  it("encrypts state and settings anew, keeps the comments, and names what is needed", async () => {
    const before = await scene.says();
    await withSecret();
    const { exitCode, output } = await scene.run("passphrase", [], given);
    expect(exitCode, output).toBe(0);
    expect(output).not.toContain(NEW);
    expect(await scene.says()).toBe(before);
    expect(readFileSync(ownPassphraseFile(NAME), "utf8").trim()).toBe(NEW);
    expect(statSync(ownPassphraseFile(NAME)).mode & 0o777).toBe(0o600);
    const salts = [readStackFile(NAME).encryptionsalt, await stateSalt()];
    for (const salt of salts) expect(await opens(salt ?? "", NEW)).toBe(true);
    expect(readFileSync(scene.place.file(NAME), "utf8")).toContain("# A person's own words.");
    expect(await setting()).toBe("duck-token-of-a-test");
  });

  it.each<Step>(["planned", "encrypted", "proved", "settings", "placed"])(
    "goes on where it was interrupted after the step `%s`, and nothing else runs before",
    async (step) => {
      const before = await scene.says();
      await withSecret();
      const stop = (at: Step): void => {
        if (at === step) throw new Error("interrupted");
      };
      const next = () => Promise.resolve({ text: NEW, generated: false });
      await expect(changePassphrase(scene.stack, next, stop)).rejects.toThrow("interrupted");
      await expect(scene.open()).rejects.toThrow("was interrupted or is under way");
      // In this process, which has claimed the stack and is still alive.
      const half = await scene.open({ absent: "refuse", by: "passphrase" });
      const done = await changePassphrase(half, () => Promise.reject(new Error("asked again")));
      expect(done.resumed).toBe(true);
      expect(await scene.says()).toBe(before);
      expect(await opens((await stateSalt()) ?? "", NEW)).toBe(true);
      expect(await setting()).toBe("duck-token-of-a-test");
      expect(readFileSync(ownPassphraseFile(NAME), "utf8").trim()).toBe(NEW);
    },
  );

  it("is done once the last step is, whatever is left to tidy up", async () => {
    const stop = (at: Step): void => {
      if (at === "forgotten") throw new Error("interrupted");
    };
    const next = () => Promise.resolve({ text: NEW, generated: true });
    await expect(changePassphrase(scene.stack, next, stop)).rejects.toThrow("interrupted");
    expect(await opens((await stateSalt()) ?? "", NEW)).toBe(true);
    // In this process, which has claimed the stack and is still alive.
    const another = () => Promise.resolve({ text: `${NEW}-again`, generated: true });
    const done = await changePassphrase(await scene.open({ absent: "refuse" }), another);
    expect(done.resumed).toBe(false);
    expect(readdirSync(scene.stack.folder).filter((name) => name.startsWith("passphrase-change"))).toEqual(
      [],
    );
  });

  it("goes on over the lock of its own dead run", async () => {
    const stop = (at: Step): void => {
      if (at === "planned") throw new Error("interrupted");
    };
    const next = () => Promise.resolve({ text: NEW, generated: true });
    await expect(changePassphrase(scene.stack, next, stop)).rejects.toThrow("interrupted");
    scene.deadLock();
    const half = await scene.open({ absent: "refuse", by: "passphrase" });
    expect((await changePassphrase(half, next)).resumed).toBe(true);
    expect(await opens((await stateSalt()) ?? "", NEW)).toBe(true);
  });

  it("keeps what the stack's own file held for another backend's stack of that name", async () => {
    expect((await scene.run("passphrase", [], given)).exitCode).toBe(0);
    const env = {
      PULUMI_BACKEND_URL: `file://${join(scene.stateDir, "shared")}`,
      PULUMI_CONFIG_PASSPHRASE: "the-one-of-the-shared-backend",
    };
    mkdirSync(join(scene.stateDir, "shared"));
    Object.assign(process.env, env);
    try {
      await madeState(NAME, scene.toolchain);
    } finally {
      for (const name of Object.keys(env)) Reflect.deleteProperty(process.env, name);
    }
    const { exitCode, output } = await scene.run("passphrase", ["--generate"], env);
    expect(exitCode, output).toBe(0);
    const kept = /held another passphrase, which is in (\S+) now/.exec(output)?.[1] ?? "";
    expect(readFileSync(kept, "utf8").trim()).toBe(NEW);
  });

  it("that was changed by another clone opens here too, settings included", async () => {
    const noted = join(scene.stack.folder, `Pulumi.${NAME}.yaml`);
    const former = readFileSync(noted, "utf8");
    expect((await scene.run("passphrase", [], given)).exitCode).toBe(0);
    for (const what of [former, undefined]) {
      if (what === undefined) rmSync(noted);
      else writeFileSync(noted, what);
      const { configFile } = await scene.open();
      const { encryptionsalt } = parse(readFileSync(configFile, "utf8")) as { encryptionsalt?: string };
      expect(encryptionsalt).toBe(await stateSalt());
      expect(readFileSync(noted, "utf8")).toContain(encryptionsalt);
    }
  });

  it("of a former stack does not keep a new one of that name from being made", async () => {
    expect((await scene.run("passphrase", [], given)).exitCode).toBe(0);
    rmSync(join(scene.stateDir, "backend"), { recursive: true });
    rmSync(ownPassphraseFile(NAME));
    expect((await scene.open()).known).toBe(false);
    expect((await scene.open()).known).toBe(true);
  });

  it("goes on after kill -9 while Pulumi encrypts, and ends what was left running", async () => {
    const before = await scene.says();
    await withSecret();
    const command = [join(checkout, "bin", "run.mjs"), "state", "passphrase", "--stack", NAME];
    const child = spawn("node", command, {
      env: { ...process.env, ...scene.place.env, ...given },
      detached: true,
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => child.once("close", resolve));
    const encrypting = join(scene.stateDir, "stacks", NAME, "passphrase-change", `Pulumi.${NAME}.yaml`);
    while (!existsSync(encrypting) && child.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    // Its group; the engine is in one of its own and lives on.
    process.kill(-(child.pid ?? 0), "SIGKILL");
    await ended;
    const { exitCode, output } = await scene.run("passphrase");
    expect(exitCode, output).toBe(0);
    expect(output).toContain("the new passphrase of the run that was interrupted");
    expect(await scene.says()).toBe(before);
    expect(await setting()).toBe("duck-token-of-a-test");
  });

  it("from an empty one, as Pulumi means it, to one that is made", async () => {
    process.env["PULUMI_CONFIG_PASSPHRASE"] = "";
    try {
      await scene.reset();
      expect(await opens((await stateSalt()) ?? "", "")).toBe(true);
      const before = await scene.says();
      const empty = { PULUMI_CONFIG_PASSPHRASE: "" };
      expect((await scene.run("status", [], empty)).output).toContain("an empty passphrase");
      const { exitCode, output } = await scene.run("passphrase", ["--generate"], empty);
      expect(exitCode, output).toBe(0);
      expect(output).toContain("PULUMI_CONFIG_PASSPHRASE still gives the old one and comes first: unset it.");
      Reflect.deleteProperty(process.env, "PULUMI_CONFIG_PASSPHRASE");
      expect(await scene.says()).toBe(before);
    } finally {
      Reflect.deleteProperty(process.env, "PULUMI_CONFIG_PASSPHRASE");
    }
  });

  it("leaves the other stacks of the clone alone, and names them", async () => {
    scene.place.configure("neighbour", twoTeams(9770));
    const neighbour = await madeState("neighbour", scene.toolchain);
    const { output } = await scene.run("passphrase", ["--generate"]);
    expect(output).toContain("still need the old passphrase: neighbour.");
    expect(resourceCount(await exportState(await openStack("neighbour", scene.toolchain), true))).toBe(5);
    expect(neighbour.known).toBe(false);
  });

  it.each([
    ["nothing", {}, "was not given"],
    ["a short one", { MLFLOW_PLATFORM_NEW_PASSPHRASE: "short" }, "fewer than 16"],
    [
      "two lines",
      { MLFLOW_PLATFORM_NEW_PASSPHRASE: "a-first-long-line\nand-a-second" },
      "more than one line",
    ],
  ])("refuses %s", async (_what, env, said) => {
    const before = readFileSync(scene.checkpoint, "utf8");
    const { exitCode, output } = await scene.run("passphrase", [], env);
    expect(exitCode).toBe(2);
    expect(output).toContain(said);
    expect(readFileSync(scene.checkpoint, "utf8")).toBe(before);
  });

  it("is not handed to the programs that are started for it", async () => {
    process.env["MLFLOW_PLATFORM_NEW_PASSPHRASE"] = NEW;
    expect(takeNewPassphrase()).toBe(NEW);
    expect(process.env).not.toHaveProperty("MLFLOW_PLATFORM_NEW_PASSPHRASE");
    expect(takeNewPassphrase()).toBeUndefined();
  });

  it("names programs of one's own in the same backend, which read its secrets", async () => {
    const folder = join(scene.stateDir, "consumer");
    mkdirSync(folder);
    writeFileSync(join(folder, "Pulumi.yaml"), "name: consumer\nruntime: nodejs\n");
    const made = await execa(scene.toolchain.pulumi, ["-C", folder, "stack", "init", "dev"], {
      env: scene.stack.env,
      extendEnv: false,
    });
    expect(made.exitCode).toBe(0);
    const { output } = await scene.run("passphrase", ["--generate"]);
    expect(output).toContain("Programs of your own in this backend are as before, too: consumer/dev.");
    expect(output).not.toContain("still need the old passphrase");
  });

  it("refuses when the present one is wrong", async () => {
    const { exitCode, output } = await scene.run("passphrase", ["--generate"], {
      PULUMI_CONFIG_PASSPHRASE: "wrong",
    });
    expect(exitCode).toBe(1);
    expect(output).toContain("does not open its state");
  });

  it("says of a key service that it has none, without asking the service", async () => {
    scene.place.configure(NAME, twoTeams(9760), {
      secretsprovider: "hashivault://mlflow",
      encryptedkey: Buffer.from("sealed").toString("base64"),
    });
    const env = { VAULT_ADDR: "http://127.0.0.1:9", VAULT_TOKEN: "none" };
    const { exitCode, output } = await scene.run("passphrase", ["--generate"], env);
    expect(exitCode).toBe(2);
    expect(output).toContain("kept by hashivault://mlflow, not by a passphrase");
    // The state itself is still there to be seen and copied.
    const exported = await scene.run("export", [], env);
    expect(exported.exitCode, exported.output).toBe(0);
  });

  /** Encrypts a setting, and writes a comment beside it. */
  async function withSecret(): Promise<void> {
    const args = ["config", "set", "--secret", "mlflow-platform:duckdnsToken"];
    const { exitCode, stderr } = await pulumi(scene.stack, args, { input: "duck-token-of-a-test" });
    expect(exitCode, stderr).toBe(0);
    const file = scene.place.file(NAME);
    writeFileSync(file, `# A person's own words.\n${readFileSync(file, "utf8")}`);
  }

  async function setting(): Promise<string> {
    const args = ["config", "get", "mlflow-platform:duckdnsToken"];
    return (await pulumi(await scene.open(), args)).stdout.trim();
  }

  async function stateSalt(): Promise<string | undefined> {
    const { deployment } = await exportState(await scene.open());
    return deployment.secrets_providers?.state?.salt;
  }
});

function resourceCount({ deployment }: Awaited<ReturnType<typeof exportState>>): number {
  return deployment.resources?.length ?? 0;
}
