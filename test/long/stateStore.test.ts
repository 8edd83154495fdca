import { hostname } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { opens } from "../../cli/engine/salt";
import { exportState } from "../../cli/engine/recovery/state";
import { ObjectStore } from "../helpers/objectStore";
import { StateScene } from "../helpers/stateScene";

const NAME = "statestore";
const LOCKS = `.pulumi/locks/organization/mlflow-platform/${NAME}/`;
const scene = StateScene.of(NAME);
let store: ObjectStore;
/** Environment of what works in the store. */
let there: Readonly<Record<string, string>>;

beforeAll(async () => {
  store = await ObjectStore.start("mlflow-platform-e2e-state-store", 9889);
  // The toolchain has taken its environment before.
  for (const env of [process.env, scene.toolchain.env]) Object.assign(env, store.env);
  there = { PULUMI_BACKEND_URL: store.url };
}, 1_800_000);

afterEach(() => Reflect.deleteProperty(process.env, "PULUMI_BACKEND_URL"));
afterAll(() => store.remove());

describe("a state in an S3-compatible store", () => {
  it("comes there, is looked after there, and comes back as it was", async () => {
    const before = await scene.says();
    const moved = await scene.run("move", ["--to", store.url]);
    expect(moved.exitCode, moved.output).toBe(0);
    expect(moved.output).toContain(`export PULUMI_BACKEND_URL='${store.url}'`);
    expect(await store.keys(".pulumi/stacks/")).toContain(`.pulumi/stacks/mlflow-platform/${NAME}.json`);
    const status = await scene.run("status", [], there);
    expect(status.exitCode, status.output).toBe(0);
    expect(status.output).toContain("(store; PULUMI_BACKEND_URL)");

    await locks();
    await passphrase();
    process.env["PULUMI_BACKEND_URL"] = store.url;
    expect(await scene.says()).toBe(before);

    const back = await scene.run("move", ["--to", `file://${join(scene.stateDir, "backend")}`], there);
    expect(back.exitCode, back.output).toBe(0);
    Reflect.deleteProperty(process.env, "PULUMI_BACKEND_URL");
    expect(await scene.says()).toBe(before);
  }, 900_000);
});

/** A dead process's lock goes at once, a live one's never, another machine's only when told. */
async function locks(): Promise<void> {
  // The largest number that Linux gives is 2^22.
  await lock(2 ** 22 + 1, hostname());
  const held = await scene.run("status", [], there);
  expect(held.exitCode).toBe(1);
  const unlocked = await scene.run("unlock", [], there);
  expect(unlocked.exitCode, unlocked.output).toBe(0);
  expect(unlocked.output).toContain(`locked by ada on this machine, process ${2 ** 22 + 1} (dead)`);
  expect(await store.keys(LOCKS)).toEqual([]);

  await lock(process.pid, hostname());
  const alive = await scene.run("unlock", ["--yes"], there);
  expect(alive.exitCode).toBe(1);
  expect(alive.output).toContain("Wait until that run has ended");
  expect(await store.keys(LOCKS)).toHaveLength(1);

  await lock(1, "elsewhere");
  const unseen = await scene.run("unlock", [], there);
  expect(unseen.exitCode).toBe(2);
  expect(unseen.output).toContain("can only be seen on elsewhere");
  expect(await store.keys(LOCKS)).toHaveLength(1);
  const told = await scene.run("unlock", ["--yes"], there);
  expect(told.exitCode, told.output).toBe(0);
  expect(await store.keys(LOCKS)).toEqual([]);
}

/** Writes a lock as the engine does. */
function lock(pid: number, host: string): Promise<void> {
  const content = { pid, username: "ada", hostname: host, timestamp: new Date().toISOString() };
  return store.put(`${LOCKS}a-lost-run.json`, JSON.stringify(content));
}

async function passphrase(): Promise<void> {
  const given = { MLFLOW_PLATFORM_NEW_PASSPHRASE: "a-new-passphrase-in-a-store" };
  const changed = await scene.run("passphrase", [], { ...there, ...given });
  expect(changed.exitCode, changed.output).toBe(0);
  process.env["PULUMI_BACKEND_URL"] = store.url;
  const { deployment } = await exportState(await scene.open());
  const salt = deployment.secrets_providers?.state?.salt ?? "";
  expect(await opens(salt, given.MLFLOW_PLATFORM_NEW_PASSPHRASE)).toBe(true);
}
