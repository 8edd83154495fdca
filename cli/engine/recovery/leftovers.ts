import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { UserError } from "../../errors";
import type { Claimable } from "./claim";
import { type ProcessIdentity, isAlive, isSelf, processStat, self } from "./process";

/** Environment variable by which everything that a run starts can be told, also after the run is dead. */
const MARK = "MLFLOW_PLATFORM_RUN";

/** Milliseconds that a process gets to end by itself, and then to be gone for good. */
const GRACE = 5_000;
const POLL = 50;

/** A process that a run started. */
export interface Marked extends ProcessIdentity {
  readonly command: string;
  /** The run that started it. */
  readonly owner: ProcessIdentity;
}

/**
 * The mark for everything that this process starts for a stack. The engine hands its environment on to its plugins,
 * whatever process groups they make, so the mark reaches what a group or session would miss; and it is there from
 * the first moment, so no kill falls between a start and a note of it.
 */
export function runMark(stack: Claimable): Record<string, string> {
  const { pid, started } = self();
  return { [MARK]: `${pid}.${started}@${stack.folder}` };
}

/**
 * The run that a process belongs to.
 *
 * @param environ - content of /proc/PID/environ
 * @param folder - folder of the stack in question
 */
export function ownerInEnvironment(environ: string, folder: string): ProcessIdentity | undefined {
  const entry = environ.split("\0").find((variable) => variable.startsWith(`${MARK}=`));
  const match = /^(\d+)\.(\d+)@(.*)$/s.exec(entry?.slice(MARK.length + 1) ?? "");
  return match?.[3] === folder ? { pid: Number(match[1]), started: match[2] ?? "" } : undefined;
}

/**
 * Processes that runs on this stack left behind: their run is dead, or it is this one, which starts nothing while it
 * looks for them. Only the user's own processes can be seen, and only those could be there.
 */
export function leftovers(stack: Claimable): Marked[] {
  return readdirSync("/proc").flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    const owner = ownerInEnvironment(environmentOf(pid), stack.folder);
    if (owner === undefined || (isAlive(owner) && !isSelf(owner))) return [];
    const stat = processStat(pid);
    return stat === undefined ? [] : [{ pid, started: stat.started, command: stat.command, owner }];
  });
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch {
    // Gone by now, or another user's.
    return "";
  }
}

/**
 * Ends what earlier runs left running: a plugin whose engine was killed goes on creating what it was creating.
 *
 * @returns how many processes were ended
 * @throws UserError when one cannot be ended
 */
export async function endLeftovers(stack: Claimable): Promise<number> {
  const ended = new Set<number>();
  // Whatever is asked to end may start something before it does, so a second look belongs to it.
  for (const signal of ["SIGTERM", "SIGKILL", "SIGKILL"] as const) {
    const found = leftovers(stack);
    for (const one of found) send(one, signal);
    for (const { pid } of found) ended.add(pid);
    if ((await allGone(found)) && leftovers(stack).length === 0) return ended.size;
  }
  const stuck = leftovers(stack);
  const names = stuck.map(({ pid, command }) => `${command} (${pid})`).join(", ");
  throw new UserError(
    `An interrupted run left processes that cannot be ended: ${names}. They may still change stack ${stack.name}.`,
    `End them (kill -9 ${stuck.map(({ pid }) => pid).join(" ")}; a restart of the machine ends what hangs in the kernel), then run the same command again.`,
  );
}

function send(target: ProcessIdentity, signal: NodeJS.Signals): void {
  // Checked right before, so that a number that was given to another process in between is not hit.
  if (!isAlive(target)) return;
  try {
    process.kill(target.pid, signal);
  } catch {
    // Ended in this very moment.
  }
}

async function allGone(processes: readonly ProcessIdentity[]): Promise<boolean> {
  const until = Date.now() + GRACE;
  while (processes.some(isAlive)) {
    if (Date.now() > until) return false;
    await pause(POLL);
  }
  return true;
}
