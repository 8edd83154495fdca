import type { Settings } from "../../config/settings";
import { kindOf } from "../engine/backend";
import { nameOf } from "../engine/progress";
import { type Lock, heldBy, isHeld } from "../engine/recovery/lock";
import { recover } from "../engine/recovery/recover";
import { exportState, pendingOf } from "../engine/recovery/state";
import type { Stack } from "../engine/stack";
import { freeFromDead, locksOf, takeBackAll } from "./locks";
import { claimAlone } from "./open";
import { backendOf } from "./scratch";

/** What is asked before a lock goes whose owner cannot be seen from here, and what is told. */
export interface UnlockOptions {
  /** Says a line. */
  readonly say: (line: string) => void;
  /** Asks whether such a lock may go. @throws UserError when it may not */
  readonly confirm: (what: string) => Promise<void>;
}

/**
 * Takes a stack's locks back that dead runs have left, and puts in order what they left unfinished.
 *
 * @returns whether there was anything to do
 * @throws UserError while the owner of a lock is alive on this machine
 */
export async function unlock(stack: Stack, settings: Settings, options: UnlockOptions): Promise<boolean> {
  const { say } = options;
  const ended = await claimAlone(stack);
  if (ended > 0) say(`ended what a killed run left running (${ended})`);
  const locks = await locksOf(stack);
  for (const lock of locks) say(inWords(lock));
  const alive = locks.find((lock) => isHeld(lock) === true);
  if (alive !== undefined) throw heldBy(alive, stack.name);
  const kind = kindOf(backendOf(stack));
  if (kind === "service")
    await options.confirm("Pulumi Cloud does not tell whether the run that it knows of is alive.");
  const unseen = locks.filter((lock) => isHeld(lock) === undefined);
  if (unseen.length > 0) {
    const hosts = [...new Set(unseen.map(({ hostname }) => hostname))].join(", ");
    await options.confirm(
      `Whether that run is alive can only be seen on ${hosts}. A live one would lose its state.`,
    );
  }
  // Ahead of reading the state: a damaged one is put right by an import, which a lock would keep out.
  if (unseen.length > 0 || kind === "service") await takeBackAll(stack);
  else await freeFromDead(stack);
  const pending = pendingOf(await exportState(stack));
  for (const { type, resource } of pending) say(`unfinished: ${type} ${nameOf(resource.urn)}`);
  const done = await recover(stack, settings);
  for (const line of done) say(line);
  return ended > 0 || locks.length > 0 || pending.length > 0 || done.length > 0;
}

/** A lock, and whether its owner lives. */
export function inWords(lock: Lock): string {
  const alive = isHeld(lock);
  const where = alive === undefined ? lock.hostname : "this machine";
  const state = alive === undefined ? "cannot be seen from here" : alive ? "alive" : "dead";
  return `locked by ${lock.username} on ${where}, process ${lock.pid} (${state}), since ${new Date(lock.taken).toISOString()}`;
}
