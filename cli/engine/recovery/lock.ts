import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { UserError } from "../../errors";
import { filesOf } from "../backend";
import type { Stack } from "../stack";
import { processStat } from "./process";

/** A lock as the engine writes it, in every backend but a service. */
export interface Lock {
  /** Its file, or its address. */
  readonly file: string;
  readonly pid: number;
  readonly username: string;
  readonly hostname: string;
  /** When it was taken, in milliseconds since 1970. */
  readonly taken: number;
}

/**
 * Reads a lock file.
 *
 * @param text - its content
 * @returns undefined for one that was not written to its end: its process died while it took the lock
 */
export function parseLock(file: string, text: string): Lock | undefined {
  try {
    const { pid, username, hostname: host, timestamp } = JSON.parse(text) as Record<string, unknown>;
    if (typeof pid !== "number" || typeof host !== "string") return undefined;
    const taken = Date.parse(String(timestamp));
    return { file, pid, username: String(username), hostname: host, taken: Number.isNaN(taken) ? 0 : taken };
  } catch {
    return undefined;
  }
}

/**
 * Folder of a stack's locks, for a backend that keeps them in files of this machine.
 *
 * @param backend - address of the backend
 */
export function lockFolder(backend: string, stack: string): string | undefined {
  const root = filesOf(backend);
  return root === undefined
    ? undefined
    : join(root, ".pulumi", "locks", "organization", "mlflow-platform", stack);
}

/** What is known of the process that a lock names. */
export interface Holder {
  readonly command: string;
  /** When it started, in milliseconds since 1970. */
  readonly started: number;
}

/**
 * Whether a lock is left by a dead process.
 *
 * @param host - name of this machine
 * @param holder - what runs under the lock's number on this machine
 */
export function isStale(lock: Lock, host: string, holder: Holder | undefined): boolean {
  if (lock.hostname !== host) return false;
  // A process that is younger than the lock only got its number. Two seconds, since the clocks count differently.
  return holder === undefined || holder.started > lock.taken + 2_000;
}

/** Whether the process that took a lock runs; undefined when that can only be seen on another machine. */
export function isHeld(lock: Lock): boolean | undefined {
  return lock.hostname === hostname() ? !isStale(lock, hostname(), holderOf(lock.pid)) : undefined;
}

/**
 * Removes the locks that killed runs left, and only those: `pulumi cancel` would remove any other one as well,
 * also one that a run has taken in the meantime.
 *
 * @returns how many were removed
 * @throws UserError when somebody else holds the stack
 */
export function removeStaleLocks(stack: Pick<Stack, "name" | "env">): number {
  const folder = lockFolder(stack.env["PULUMI_BACKEND_URL"] ?? "", stack.name);
  if (folder === undefined || !existsSync(folder)) return 0;
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  for (const name of files) {
    const file = join(folder, name);
    const lock = parseLock(file, readFileSync(file, "utf8"));
    if (lock !== undefined && isHeld(lock) !== false) throw heldBy(lock, stack.name);
    // The backend's library keeps a file's attributes beside it.
    for (const path of [file, `${file}.attrs`]) rmSync(path, { force: true });
  }
  return files.length;
}

/** Says who holds a stack, and what to do about it. */
export function heldBy(lock: Lock, stack: string): UserError {
  const here = lock.hostname === hostname();
  return new UserError(
    `Stack ${stack} is locked by ${lock.username} on ${here ? "this machine" : lock.hostname} (process ${lock.pid}, since ${new Date(lock.taken).toISOString()}), so nothing was done.`,
    here
      ? `Wait until that run has ended, then run the same command again.`
      : `Wait until that run has ended. If it surely is dead (whether process ${lock.pid} runs can only be seen on ${lock.hostname}): npm run state -- unlock --stack ${stack}. Then run the same command again.`,
  );
}

/** Clock ticks per second that the kernel shows to programs; the same on every Linux (USER_HZ). */
const TICKS = 100;

function holderOf(pid: number): Holder | undefined {
  const stat = processStat(pid);
  if (stat === undefined) return undefined;
  const booted = Number(/^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1] ?? 0);
  return { command: stat.command, started: (booted + Number(stat.started) / TICKS) * 1000 };
}
