import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { writePrivate } from "./files";
import { opens } from "./salt";

/** Salt of a stack's secrets, beside its state: the file that the Pulumi CLI writes when it makes a stack. */
export interface StackSalt {
  readonly file: string;
  readonly salt: string | undefined;
  /** Whether the passphrase does not open it: the stack got another one elsewhere, or this is another backend's. */
  readonly isStale: boolean;
}

/**
 * Reads the salt that was noted in a stack's folder.
 *
 * @param passphrase - of the stack
 */
export async function readSalt(folder: string, stack: string, passphrase: string): Promise<StackSalt> {
  const file = join(folder, `Pulumi.${stack}.yaml`);
  const noted = existsSync(file)
    ? (parse(readFileSync(file, "utf8")) as { readonly encryptionsalt?: string } | null)
    : undefined;
  const salt = noted?.encryptionsalt;
  return { file, salt, isStale: salt !== undefined && !(await opens(salt, passphrase)) };
}

/**
 * The salt to configure a run with: the noted one, or that of the state where this clone has none, or one that its
 * passphrase does not open. Without any, each run would encrypt everything anew.
 *
 * @param ofState - asks the backend for the state's own
 * @returns undefined where there is none; one that the passphrase does not open where no better one is known
 */
export async function currentSalt(
  noted: StackSalt,
  passphrase: string,
  ofState: () => Promise<string | undefined>,
): Promise<string | undefined> {
  if (noted.salt !== undefined && !noted.isStale) return noted.salt;
  const own = await ofState();
  if (own === undefined || !(await opens(own, passphrase))) return noted.salt;
  writePrivate(noted.file, stringify({ encryptionsalt: own }));
  return own;
}
