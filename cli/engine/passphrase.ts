import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stateDir } from "../paths";

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
 */
export function passphraseOf(stack: string): PassphraseSource {
  const { PULUMI_CONFIG_PASSPHRASE: text, PULUMI_CONFIG_PASSPHRASE_FILE: given } = process.env;
  if (text !== undefined) {
    return { origin: "variable", file: undefined, env: { PULUMI_CONFIG_PASSPHRASE: text } };
  }
  if (given) return fromFile("variableFile", given);
  const own = ownPassphraseFile(stack);
  if (existsSync(own)) return fromFile("stack", own);
  const file = clonePassphraseFile();
  if (!existsSync(file)) {
    writeFileSync(file, `${randomPassphrase()}\n`, { mode: 0o600, flag: "wx" });
  }
  return fromFile("clone", file);
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
