import { setTimeout as pause } from "node:timers/promises";
import { CheckpointFile } from "./checkpoint";
import { facts, leaveMarker } from "./facts";
import type { Kill } from "./plan";
import { Victim } from "./victim";

/** Milliseconds between two looks at what the engine is doing. */
const POLL = 5;

/** A kill that was carried out. */
export interface Hit {
  readonly kill: Kill;
  /** Operations that were begun and not recorded as done when it struck. */
  readonly pending: readonly string[];
  /** What was killed. */
  readonly killed: readonly string[];
  /** Seconds from the start of the run. */
  readonly seconds: number;
  /** Exit code or signal of the run. */
  readonly exit: number | NodeJS.Signals;
  /** What the run had said of the one before it. */
  readonly recovered: string;
}

/** What a run says it found of an interrupted one. */
export function recovered(output: string): string {
  const found = /interrupted run (?:\S+ )?— (.*?)(?: \[|\n|$)/.exec(output)?.[1];
  const adopted = /taken in what was there already, going on: (.*?)(?: \(|\n|$)/.exec(output)?.[1];
  return [found, adopted === undefined ? undefined : `on the way: ${adopted}`].filter(Boolean).join("; ");
}

/** A run that was to be killed and ended before. */
export class Missed extends Error {}

/** The stack whose runs are killed. */
export interface Scene {
  readonly stack: string;
  /** Environment of its runs. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Runs `up` and kills it while a resource is being made.
 *
 * @throws Missed with what the run said, when it ended before that moment
 */
export async function upKilled({ stack, env }: Scene, kill: Kill): Promise<Hit> {
  const checkpoint = new CheckpointFile(env["MLFLOW_PLATFORM_STATE_DIR"] ?? "", stack);
  const started = Date.now();
  const before = checkpoint.read().done;
  const victim = new Victim(stack, env);
  const begun = (): boolean => {
    const { pending, done } = checkpoint.read();
    // What takes milliseconds may be done before it is seen.
    return pending.includes(`creating ${kill.during}`) || (done.has(kill.during) && !before.has(kill.during));
  };
  while (!victim.over && !begun()) await pause(POLL);
  await pause(kill.after);
  // Between two operations there is nothing to catch: wait for the next one.
  while (!victim.over && checkpoint.read().pending.length === 0) await pause(POLL);
  const killed = victim.over ? [] : victim.kill(kill.target);
  if (killed.length === 0) {
    throw new Missed(`\`up\` ended with ${await victim.wait()} before ${kill.during}:\n${victim.said()}`);
  }
  const { pending } = checkpoint.read();
  const seconds = (Date.now() - started) / 1000;
  const exit = await victim.wait();
  return { kill, pending, killed, seconds, exit, recovered: recovered(victim.said()) };
}

/** What has to be there at the end. */
export class Keepsakes {
  private readonly found = new Set<string>();
  private readonly written: string[] = [];

  /** Remembers what there is now, and leaves a row in the database. */
  public async add(stack: string, marker: string): Promise<void> {
    for (const fact of await facts(stack)) this.found.add(fact);
    if (await leaveMarker(stack, marker)) this.written.push(marker);
  }

  public get facts(): readonly string[] {
    return [...this.found].sort();
  }

  public get markers(): readonly string[] {
    return this.written;
  }
}
