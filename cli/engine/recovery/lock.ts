import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";

import { homedir, hostname } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../../errors";
import { checkout } from "../../paths";
import type { Stack } from "../stack";
import { processStat } from "./process";

/** A lock as the engine's file backend writes it. */
export interface Lock {
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
  if (!backend.startsWith("file://")) return undefined;
  const path = backend.slice("file://".length);
  // Beside true file addresses the engine takes `file://~` and relative ones.
  const root = path.startsWith("/")
    ? fileURLToPath(backend)
    : resolve(checkout, path.replace(/^~(?=\/|$)/, homedir()));
  return join(root, ".pulumi", "locks", "organization", "mlflow-platform", stack);
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
    if (lock !== undefined && !isStale(lock, hostname(), holderOf(lock.pid))) throw heldBy(lock, stack.name);
    // The backend's library keeps a file's attributes beside it.
    for (const path of [file, `${file}.attrs`]) rmSync(path, { force: true });
  }
  return files.length;
}

function heldBy(lock: Lock, stack: string): UserError {
  const here = lock.hostname === hostname();
  return new UserError(
    `Stack ${stack} is locked by ${lock.username} on ${here ? "this machine" : lock.hostname} (process ${lock.pid}, since ${new Date(lock.taken).toISOString()}), so nothing was done.`,
    here
      ? `Wait until that run has ended, then run the same command again.`
      : `Wait until that run has ended. If it surely is dead (whether process ${lock.pid} runs can only be seen on ${lock.hostname}): npm run pulumi -- cancel --yes --stack ${stack}. Then run the same command again.`,
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
