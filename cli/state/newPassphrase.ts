import { text as textOf } from "node:stream/consumers";
import { password } from "@inquirer/prompts";
import { randomPassphrase } from "../engine/passphrase";
import { UserError } from "../errors";

/** Variable with the new passphrase, for scripts. */
export const NEW_PASSPHRASE = "MLFLOW_PLATFORM_NEW_PASSPHRASE";

/** Fewest characters of a passphrase: who gets hold of a state can try as many as he likes. */
const LEAST = 16;

/** A new passphrase, and whether it is this command's to keep. */
export interface NewPassphrase {
  readonly text: string;
  readonly generated: boolean;
}

/** Takes the variable out of the environment, so that nothing that is started later has it. @returns its value */
export function takeNewPassphrase(): string | undefined {
  const given = process.env[NEW_PASSPHRASE];
  Reflect.deleteProperty(process.env, NEW_PASSPHRASE);
  return given;
}

/**
 * The new passphrase: random, else from the variable, else asked for twice, else the one line on standard input.
 *
 * @param generate - make a random one
 * @param given - from `takeNewPassphrase`
 * @throws UserError, exit 2, when there is none, or it does not serve
 */
export async function newPassphrase(generate: boolean, given: string | undefined): Promise<NewPassphrase> {
  if (generate) return { text: randomPassphrase(), generated: true };
  const text =
    given ?? (process.stdin.isTTY ? await ask() : (await textOf(process.stdin)).replace(/\r?\n$/, ""));
  const fault = faultOf(text);
  if (fault === undefined) return { text, generated: false };
  throw new UserError(
    `The new passphrase ${fault}. Nothing was changed.`,
    `Give it in ${NEW_PASSPHRASE} or on standard input, or let one be made: --generate`,
    2,
  );
}

/** What keeps a text from being a passphrase; undefined when nothing does. */
export function faultOf(text: string): string | undefined {
  if (text === "") return "was not given";
  // Pulumi cuts white space off at the ends of a file, and reads one line of standard input.
  if (text !== text.trim() || /[\r\n]/.test(text)) return "has more than one line, or white space at an end";
  if (text.length < LEAST) return `has fewer than ${LEAST} characters`;
  return undefined;
}

async function ask(): Promise<string> {
  const text = await password({
    message: "New passphrase",
    mask: true,
    validate: (line) => faultOf(line) ?? true,
  });
  await password({ message: "Once more", mask: true, validate: (line) => line === text || "not the same" });
  return text;
}
