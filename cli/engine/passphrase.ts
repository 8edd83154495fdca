import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { UserError, messageOf } from "../errors";
import { checkout, stateDir } from "../paths";
import { writeOnce } from "./files";

/**
 * Where a passphrase comes from: the variable with the text, the variable with a file's name, a file of this stack
 * alone, or the file that all other stacks of the clone share.
 */
export type PassphraseOrigin = "variable" | "variableFile" | "stack" | "clone";

/** The passphrase of a stack's secrets. */
export interface PassphraseSource {
  readonly origin: PassphraseOrigin;
  /** Where it is read; undefined for the variable with the text. */
  readonly file: string | undefined;
  /** For the Pulumi CLI. */
  readonly env: NodeJS.ProcessEnv;
}

/** The file with the passphrase that is one stack's own. Outlives the stack, whose settings it may open. */
export function ownPassphraseFile(stack: string): string {
  return join(stateDir(), "passphrases", stack);
}

/** The file with the passphrase of all stacks of this clone that have none of their own. */
export function clonePassphraseFile(): string {
  return join(stateDir(), "passphrase");
}

/**
 * The passphrase of a stack: from the environment, else the stack's own, else the clone's, which is random and made
 * once. The two variables mean what they mean to Pulumi: an empty PULUMI_CONFIG_PASSPHRASE is an empty passphrase, an
 * empty PULUMI_CONFIG_PASSPHRASE_FILE is none.
 *
 * @throws UserError, exit 2, when a file that is to have it is empty or cannot be read
 */
export function passphraseOf(stack: string): PassphraseSource {
  const { PULUMI_CONFIG_PASSPHRASE: text, PULUMI_CONFIG_PASSPHRASE_FILE: given } = process.env;
  if (text !== undefined) {
    return { origin: "variable", file: undefined, env: { PULUMI_CONFIG_PASSPHRASE: text } };
  }
  // The CLI runs in other folders, so a relative path is taken from the checkout, like that of a backend.
  if (given) return filled(fromFile("variableFile", resolve(checkout, given)));
  const own = ownPassphraseFile(stack);
  if (existsSync(own)) return filled(fromFile("stack", own));
  const file = clonePassphraseFile();
  if (!existsSync(file)) writeOnce(file, `${randomPassphrase()}\n`);
  return filled(fromFile("clone", file));
}

/** Refuses a file without a passphrase: what would be encrypted with nothing could be read by everybody. */
function filled(source: PassphraseSource): PassphraseSource {
  let fault: string | undefined;
  try {
    if (passphraseText(source) === "") fault = "is empty";
  } catch (error) {
    fault = `cannot be read (${messageOf(error)})`;
  }
  if (fault === undefined) return source;
  throw new UserError(
    `The file with the passphrase, ${source.file ?? ""}, ${fault}. Nothing was done.`,
    source.origin === "variableFile"
      ? "Correct PULUMI_CONFIG_PASSPHRASE_FILE, or set PULUMI_CONFIG_PASSPHRASE; then run the same command again."
      : "Restore it from your backup. Only if nothing was ever deployed with it, remove it: the next command makes another.",
    2,
  );
}

/** 256 random bits as text. */
export function randomPassphrase(): string {
  return randomBytes(32).toString("base64url");
}

/**
 * The passphrase itself, as Pulumi reads it: a file's without the white space around it.
 *
 * @throws Error when the file cannot be read
 */
export function passphraseText({ file, env }: PassphraseSource): string {
  return file === undefined ? (env["PULUMI_CONFIG_PASSPHRASE"] ?? "") : readFileSync(file, "utf8").trim();
}

/** A passphrase in a file, for the Pulumi CLI. */
export function fromFile(origin: PassphraseOrigin, file: string): PassphraseSource {
  return { origin, file, env: { PULUMI_CONFIG_PASSPHRASE_FILE: file } };
}
