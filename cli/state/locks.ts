import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { backendRemedy, filesOf, kindOf } from "../engine/backend";
import { pulumi } from "../engine/pulumi";
import { type Lock, heldBy, isHeld, lockFolder, parseLock, removeStaleLocks } from "../engine/recovery/lock";
import type { Stack } from "../engine/stack";
import { UserError } from "../errors";
import { backendOf, inScratch } from "./scratch";

/**
 * The locks on a stack. A service keeps its own, which cannot be read.
 *
 * @throws UserError when the backend does not answer
 */
export async function locksOf(stack: Stack): Promise<Lock[]> {
  const url = backendOf(stack);
  if (kindOf(url) === "service") return [];
  const folder = lockFolder(url, stack.name);
  return folder === undefined ? locksInStore(stack) : locksInFiles(folder);
}

/**
 * Frees a stack from the locks that dead processes have left, which the engine would refuse every change for.
 *
 * @throws UserError when a lock is held, or nobody can see from here whether it is
 */
export async function freeFromDead(stack: Stack): Promise<void> {
  const locks = await locksOf(stack);
  const held = locks.find((lock) => isHeld(lock) !== false);
  if (held !== undefined) throw heldBy(held, stack.name);
  if (filesOf(backendOf(stack)) !== undefined) removeStaleLocks(stack);
  else if (locks.length > 0) await takeBackAll(stack);
}

/** Takes back every lock, be its owner dead or not. */
export async function takeBackAll(stack: Stack): Promise<void> {
  const { exitCode, stderr } = await pulumi(stack, ["cancel", "--yes"]);
  if (exitCode === 0) return;
  throw new UserError(
    `The lock of stack ${stack.name} could not be taken back: ${stderr.trim()}`,
    "Check the credentials of the backend, then run the same command again.",
  );
}

function locksInFiles(folder: string): Lock[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => parseLock(join(folder, name), readFileSync(join(folder, name), "utf8")) ?? []);
}

/**
 * Object stores have many ways to sign in, and the CLI knows them all. Making a stack that is there already is the one
 * command that looks at the locks first and then changes nothing.
 */
async function locksInStore(stack: Stack): Promise<Lock[]> {
  const { stderr } = await inScratch(stack, (cwd) =>
    pulumi(stack, ["stack", "init", "--no-select"], { cwd }),
  );
  if (/already exists/.test(stderr)) return [];
  const locks = locksInWords(stderr);
  if (locks.length > 0) return locks;
  throw new UserError(
    `Whether stack ${stack.name} is locked could not be seen: ${stderr.trim()}`,
    backendRemedy(stderr),
  );
}

/**
 * The locks that the engine names when it refuses.
 *
 * @param said - lines such as `s3://…/x.json: created by ada@host (pid 7) at 2026-11-22T04:00:00Z`
 */
export function locksInWords(said: string): Lock[] {
  const line = /^\s*(\S+): created by (.+)@(\S+) \(pid (\d+)\) at (\S+)$/gm;
  return [...said.matchAll(line)].map(([, file = "", username = "", hostname = "", pid, at = ""]) => {
    const taken = Date.parse(at);
    return { file, username, hostname, pid: Number(pid), taken: Number.isNaN(taken) ? 0 : taken };
  });
}
