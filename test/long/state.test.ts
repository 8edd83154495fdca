import { readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bootstrap, silentReporter } from "../../cli/bootstrap";
import { exportState } from "../../cli/engine/recovery/state";
import { openStack } from "../../cli/engine/stack";
import { stateDir } from "../../cli/paths";
import { CheckpointFile } from "../chaos/checkpoint";
import { Victim } from "../chaos/victim";
import { leftovers } from "../helpers/engine";
import { ObjectStore } from "../helpers/objectStore";
import { twoTeams } from "../helpers/stackFile";
import { generatedIn } from "../helpers/stateSecrets";
import { TestStack } from "../helpers/testStack";
import { until } from "../helpers/until";

const NAME = "statemoves";
const PORT_BASE = 9860;
const MINUTES = 60_000;
const NO_CHANGES = `No changes: stack ${NAME} is as its settings say`;
let stack: TestStack;
let store: ObjectStore;

/** From now on the state is there, for this process and what it starts. */
function useBackend(url: string | undefined): void {
  if (url === undefined) Reflect.deleteProperty(process.env, "PULUMI_BACKEND_URL");
  else process.env["PULUMI_BACKEND_URL"] = url;
}

beforeAll(async () => {
  store = await ObjectStore.start("mlflow-platform-e2e-states", PORT_BASE + 9);
  // Before the stack's toolchain takes its environment.
  Object.assign(process.env, store.env);
  stack = await TestStack.open(NAME, twoTeams(PORT_BASE));
}, 30 * MINUTES);

afterAll(async () => {
  await stack.remove();
  await store.remove();
  expect(await leftovers(NAME)).toEqual([]);
}, 10 * MINUTES);

/** One stack goes through all of it, in the order of the file: each step stands on the one before. */
describe("the state of a deployed stack", () => {
  it(
    "is unlocked and put in order after kill -9 of an update, by the documented commands",
    async () => {
      const victim = new Victim(NAME, { MLFLOW_PLATFORM_STATE_DIR: stateDir() });
      const checkpoint = new CheckpointFile(stateDir(), NAME);
      await until(
        () =>
          Promise.resolve(
            victim.over ||
              checkpoint.read().pending.some((operation) => /creating .*container/.test(operation)),
          ),
        15 * MINUTES,
      );
      expect(victim.kill("everything"), victim.said()).toContain("engine");
      await victim.wait();
      const found = await stack.run("state", "status");
      expect(found.exitCode, found.output).toBe(1);
      expect(found.output).toMatch(/locked by .* on this machine, process \d+ \(dead\)/);
      const unlocked = await stack.succeeds("state", "unlock");
      expect(unlocked).toMatch(/unfinished: creating \S*container/);
      expect(unlocked).toContain(`✓ Stack ${NAME} is free and in order`);
      expect((await stack.run("state", "status")).output).toMatch(/Lock +none/);
      expect(await stack.succeeds("state", "unlock")).toContain("was neither locked nor left unfinished");
      await stack.up();
      expect(await stack.succeeds("preview")).toContain(NO_CHANGES);
    },
    40 * MINUTES,
  );

  it(
    "holds no secret in clear when it is exported",
    async () => {
      const file = join(stateDir(), "exported.json");
      await stack.succeeds("state", "export", "--file", file);
      const text = readFileSync(file, "utf8");
      const toolchain = await bootstrap({ reporter: silentReporter(), only: ["toolchain"] });
      const clear = await exportState(await openStack(NAME, toolchain), true);
      const secrets = generatedIn(clear);
      expect(secrets.length).toBeGreaterThan(15);
      const open = JSON.stringify(clear);
      for (const { urn, value } of secrets) {
        expect(open, urn).toContain(JSON.stringify(value).slice(1, -1));
        for (const form of [
          value,
          JSON.stringify(value).slice(1, -1),
          JSON.stringify(JSON.stringify(value)).slice(3, -3),
          Buffer.from(value).toString("base64").replace(/=+$/, ""),
          encodeURIComponent(value),
        ])
          expect(text.includes(form), `${urn} stands in clear in the export`).toBe(false);
      }
    },
    5 * MINUTES,
  );

  it(
    "moves to an S3-compatible store, where preview sees no changes",
    async () => {
      const moved = await stack.succeeds("state", "move", "--to", store.url);
      expect(moved).toContain(`export PULUMI_BACKEND_URL='${store.url}'`);
      const old = await stack.run("preview");
      expect(old.exitCode).toBe(1);
      expect(old.output).toContain("was moved from");
      useBackend(store.url);
      expect(await stack.succeeds("preview")).toContain(NO_CHANGES);
      const status = await stack.succeeds("state", "status");
      expect(status).toContain(`(store; PULUMI_BACKEND_URL)`);
    },
    10 * MINUTES,
  );

  it(
    "refuses an update there that meets the lock of a lost run, until it is unlocked",
    async () => {
      // The largest number that Linux gives is 2^22.
      const lost = {
        pid: 2 ** 22 + 1,
        username: "ada",
        hostname: hostname(),
        timestamp: new Date().toISOString(),
      };
      await store.put(
        `.pulumi/locks/organization/mlflow-platform/${NAME}/a-lost-run.json`,
        JSON.stringify(lost),
      );
      const refused = await stack.run("up");
      expect(refused.exitCode).toBe(1);
      expect(refused.output).toContain(`npm run state -- unlock --stack ${NAME}`);
      await stack.succeeds("state", "unlock");
      expect(await stack.succeeds("up")).toContain(`✓ Stack ${NAME} is up`);
    },
    15 * MINUTES,
  );

  it(
    "gets another passphrase there, and preview sees no changes",
    async () => {
      await stack.succeeds("state", "passphrase", "--generate");
      expect(await stack.succeeds("preview")).toContain(NO_CHANGES);
      process.env["PULUMI_CONFIG_PASSPHRASE_FILE"] = join(stateDir(), "passphrase");
      try {
        const { exitCode, output } = await stack.run("preview");
        expect(exitCode).toBe(1);
        expect(output).toContain("The passphrase does not open this stack's secrets");
      } finally {
        Reflect.deleteProperty(process.env, "PULUMI_CONFIG_PASSPHRASE_FILE");
      }
    },
    10 * MINUTES,
  );

  it(
    "moves back to files, where an update and preview see no changes",
    async () => {
      await stack.succeeds("state", "move", "--to", `file://${join(stateDir(), "backend")}`);
      const old = await stack.run("preview");
      expect(old.output).toContain("was moved from");
      useBackend(undefined);
      expect(await stack.succeeds("preview")).toContain(NO_CHANGES);
      await stack.up();
      expect(await stack.succeeds("preview")).toContain(NO_CHANGES);
    },
    15 * MINUTES,
  );

  it(
    "is restored over a damaged one, from the copy that Pulumi keeps",
    async () => {
      const file = join(stateDir(), "backend", ".pulumi", "stacks", "mlflow-platform", `${NAME}.json`);
      writeFileSync(file, readFileSync(file, "utf8").slice(0, 5000));
      const broken = await stack.run("preview");
      expect(broken.exitCode).toBe(1);
      const status = await stack.run("state", "status");
      expect(status.exitCode).toBe(1);
      const copy = /Copies by Pulumi +\d+, newest (\S+)/.exec(status.output)?.[1] ?? "";
      await stack.succeeds("state", "import", "--file", copy);
      expect(await stack.succeeds("preview")).toContain(NO_CHANGES);
    },
    10 * MINUTES,
  );

  it(
    "never showed a secret in all that was printed",
    async () => {
      const toolchain = await bootstrap({ reporter: silentReporter(), only: ["toolchain"] });
      const secrets = generatedIn(await exportState(await openStack(NAME, toolchain), true));
      const passphrases = ["passphrase", join("passphrases", NAME)].map((name) => ({
        urn: name,
        value: readFileSync(join(stateDir(), name), "utf8").trim(),
      }));
      // What `up` prints for people has one: the first user's password, once.
      const printed = stack.printed.filter((text) => !text.includes("is up")).join("\n");
      for (const { urn, value } of [...secrets, ...passphrases])
        expect(printed.includes(value), urn).toBe(false);
    },
    MINUTES,
  );
});
