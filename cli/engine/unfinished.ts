import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../errors";
import { quoted } from "../shell";
import { shown, useBackend } from "./backend";
import { writePrivate } from "./files";

/** Folder, below a stack's, of a change of its passphrase that is under way. */
export const CHANGE = "passphrase-change";

/** A stack's state was moved away from a backend. */
export interface Move {
  readonly to: string;
  /** When, ISO 8601. */
  readonly at: string;
}

type Moves = Readonly<Record<string, Move>>;

const NOTE = "moved.json";

/** Where the state went that was in a backend; undefined when it never was moved from there, or came back. */
export function movedFrom(folder: string, backend: string): Move | undefined {
  return moves(folder)[backend];
}

/** Notes that from now on the state counts that is in another backend. */
export function noteMove(folder: string, from: string, to: string): void {
  // Where it is now, it may have been before.
  const others = Object.entries(moves(folder)).filter(([backend]) => backend !== to);
  const noted = { ...Object.fromEntries(others), [from]: { to, at: new Date().toISOString() } };
  writePrivate(join(folder, NOTE), JSON.stringify(noted));
}

function moves(folder: string): Moves {
  const file = join(folder, NOTE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Moves) : {};
}

/** The two commands that leave notes, and may go on where they were interrupted. */
export type Resumable = "move" | "passphrase";

/**
 * Keeps other commands from a stack whose state is elsewhere, or between two passphrases.
 *
 * @param folder - the stack's
 * @param by - the command that asks, if it is one of those that go on
 * @throws UserError with the one command that goes on
 */
export function refuseUnfinished(stack: string, folder: string, backend: string, by?: Resumable): void {
  const move = movedFrom(folder, backend);
  if (move !== undefined && by !== "move") {
    throw new UserError(
      `The state of stack ${stack} was moved from ${shown(backend)} to ${shown(move.to)} at ${move.at}, so nothing was done here.`,
      `${useBackend(move.to)}, then run the same command again. If the move was interrupted, this ends it: ` +
        `npm run state -- move --stack ${stack} --to ${quoted(move.to)}`,
    );
  }
  if (existsSync(join(folder, CHANGE)) && by !== "passphrase") {
    throw new UserError(
      `A change of the passphrase of stack ${stack} was interrupted or is under way, so nothing was done. Both passphrases are kept until it is finished.`,
      `npm run state -- passphrase --stack ${stack}, then run the same command again.`,
    );
  }
}
