import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { endLeftovers, leftovers, ownerInEnvironment, runMark } from "../../../cli/engine/recovery/leftovers";
import { processStat, self } from "../../../cli/engine/recovery/process";

const STACK = { name: "dev", folder: `/nowhere/stacks/${process.pid}` };
const DEAD = "4194305.1";

describe("ownerInEnvironment", () => {
  it("finds the run by its mark, which this process writes", () => {
    const [variable, value] = Object.entries(runMark(STACK))[0] ?? [];
    expect(ownerInEnvironment(`HOME=/x\0${variable}=${value}\0`, STACK.folder)).toEqual(self());
  });

  it("passes over other stacks, other clones and what bears no mark", () => {
    expect(ownerInEnvironment("MLFLOW_PLATFORM_RUN=1.2@/other/stacks/dev", STACK.folder)).toBeUndefined();
    expect(ownerInEnvironment("OTHER=1.2@/nowhere\0HOME=/x", STACK.folder)).toBeUndefined();
    expect(ownerInEnvironment(`MLFLOW_PLATFORM_RUN=x@${STACK.folder}`, STACK.folder)).toBeUndefined();
    expect(ownerInEnvironment("", STACK.folder)).toBeUndefined();
  });
});

describe("endLeftovers", () => {
  const children: ChildProcess[] = [];
  afterEach(() => children.splice(0).forEach((child) => child.kill("SIGKILL")));

  async function marked(owner: string, script: string): Promise<ChildProcess> {
    const child = spawn("bash", ["-c", script], {
      // A group and session of its own, as plugins make them.
      detached: true,
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...process.env, MLFLOW_PLATFORM_RUN: `${owner}@${STACK.folder}` },
    });
    children.push(child);
    await once(child.stdout, "data");
    return child;
  }

  /** Lives until it is ended, which is what is tested; nothing waits for it. */
  const LASTING = "echo started; exec sleep 60";

  it("ends what a dead run started, also what does not heed SIGTERM", async () => {
    const [obedient, stubborn] = await Promise.all([
      marked(DEAD, LASTING),
      marked(DEAD, "trap '' TERM; echo started; while true; do sleep 0.1; done"),
    ]);
    const ends = Promise.all([obedient, stubborn].map((child) => once(child, "exit")));
    // In the moment of its exec a process shows no environment.
    await expect
      .poll(() => leftovers(STACK).map(({ pid }) => pid))
      .toEqual(expect.arrayContaining([obedient.pid, stubborn.pid]));
    expect(await endLeftovers(STACK)).toBeGreaterThanOrEqual(2);
    expect((await ends).map(([, signal]) => signal as unknown)).toEqual(["SIGTERM", "SIGKILL"]);
    expect(leftovers(STACK)).toEqual([]);
  }, 30_000);

  it("leaves alone what belongs to a run that is alive", async () => {
    const other = spawn("sleep", ["60"]);
    children.push(other);
    await once(other, "spawn");
    const { started } = processStat(other.pid ?? 0) ?? {};
    const child = await marked(`${other.pid}.${started}`, LASTING);
    expect(leftovers(STACK)).toEqual([]);
    expect(await endLeftovers(STACK)).toBe(0);
    expect(child.exitCode).toBeNull();
  });
});
