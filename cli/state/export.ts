import { writeNew } from "../engine/files";
import { resourcesOf } from "../engine/recovery/state";
import type { Stack } from "../engine/stack";
import { UserError } from "../errors";
import { type Damage, isDamaged, readable } from "./open";
import { secretsIn } from "./stateFile";

/**
 * The state as text, secrets encrypted.
 *
 * @throws UserError when it cannot be read, or when a secret stands in it in clear
 */
export async function exportText(stack: Stack): Promise<{ readonly text: string; readonly words: string }> {
  const state = await readable(stack);
  if (isDamaged(state)) throw damaged(stack.name, state);
  const secrets = secretsIn(state.deployment);
  if (secrets.clear > 0) {
    throw new UserError(
      `${secrets.clear} of the ${secrets.total} secrets in the state of stack ${stack.name} are not encrypted, so nothing was written.`,
      `npm run up -- --stack ${stack.name} encrypts them; if they were there for others to see, renew them.`,
    );
  }
  return {
    text: `${JSON.stringify(state, undefined, 2)}\n`,
    words: `${resourcesOf(state).length} resources, ${secrets.total} secrets, all encrypted`,
  };
}

/**
 * Writes an exported state into a new file for this user only.
 *
 * @throws UserError, exit 2, when the file is there already or cannot be made
 */
export function writeExport(file: string, text: string): void {
  try {
    writeNew(file, text);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UserError(
      code === "EEXIST"
        ? `${file} is there already, and is not overwritten.`
        : `${file} cannot be written: ${message}`,
      "Choose another name for --file.",
      2,
    );
  }
}

/** Says that a state cannot be read, and how to put another one in its place. */
export function damaged(stack: string, { damage }: Damage): UserError {
  return new UserError(
    damage,
    `npm run state -- status --stack ${stack} names the copies that are kept; npm run state -- import --stack ${stack} --file <copy> puts one in its place.`,
  );
}
