import { readdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../errors";
import { type ProcessIdentity, isAlive, isSelf, self } from "./process";

/** What a claim needs to know of a stack. */
export interface Claimable {
  readonly name: string;
  /** Folder of this stack below the state folder. */
  readonly folder: string;
}

interface Claim {
  readonly number: number;
  readonly owner: ProcessIdentity;
}

const PREFIX = "run-";

/**
 * Makes this process the only one of this clone that changes the stack, until it ends. The engine's own lock holds
 * only while the engine runs, and what recovers an interrupted run must not meet another run that does the same.
 *
 * Claims are numbered symbolic links whose target names their owner: such a link appears with its content at once
 * and only for one of two processes that make it. A dead owner's claim is passed over by taking the next number.
 *
 * @throws UserError when another process that is alive has claimed the stack
 */
export function claim(stack: Claimable): void {
  for (;;) {
    const others = claims(stack);
    if (others.some(({ owner }) => isSelf(owner))) return;
    refuse(stack, others);
    const number = Math.max(0, ...others.map((other) => other.number)) + 1;
    if (!link(stack, number)) continue;
    // Two processes that saw different numbers may both have come this far; the lower number stays.
    const lower = claims(stack).filter((other) => other.number < number);
    try {
      refuse(stack, lower);
    } catch (error) {
      release(stack, number);
      throw error;
    }
    for (const { number: dead } of lower) release(stack, dead);
    process.once("exit", () => release(stack, number));
    return;
  }
}

function refuse(stack: Claimable, others: readonly Claim[]): void {
  const alive = others.find(({ owner }) => isAlive(owner));
  if (alive === undefined) return;
  throw new UserError(
    `Another run is changing stack ${stack.name} (process ${alive.owner.pid}), so nothing was done.`,
    `Wait until it has ended, or end it with: kill ${alive.owner.pid}. Then run the same command again.`,
  );
}

function link(stack: Claimable, number: number): boolean {
  const { pid, started } = self();
  try {
    symlinkSync(`${pid}.${started}`, path(stack, number));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function claims(stack: Claimable): Claim[] {
  return readdirSync(stack.folder).flatMap((name) => {
    if (!name.startsWith(PREFIX)) return [];
    const number = Number(name.slice(PREFIX.length));
    const owner = ownerOf(join(stack.folder, name));
    return Number.isInteger(number) && owner !== undefined ? [{ number, owner }] : [];
  });
}

function ownerOf(file: string): ProcessIdentity | undefined {
  try {
    const [pid = "", started = ""] = readlinkSync(file).split(".");
    return { pid: Number(pid), started };
  } catch {
    // Given up between listing and reading.
    return undefined;
  }
}

function release(stack: Claimable, number: number): void {
  rmSync(path(stack, number), { force: true });
}

function path(stack: Claimable, number: number): string {
  return join(stack.folder, `${PREFIX}${number}`);
}
