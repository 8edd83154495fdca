import { harmless, namesSecret, secretForm, whySecret } from "./looksSecret";

/** `NAME=value` and `--name=value`, also where a shell reads them. */
const PAIR = /(?:^|[\s;&|(])-{0,2}([A-Za-z_][\w.-]*)=("[^"]*"|'[^']*'|[^\s;&|)]*)/g;
/** A flag whose value is the next word. */
const FLAG = /^--?([A-Za-z][\w-]*)$/;

const unquoted = (value: string): string => value.replace(/^(["'])(.*)\1$/s, "$2");

/**
 * What a shell puts in is not written in the command: `$TOKEN`, `$(cat /run/secrets/token)`. Only a word with white space
 * in it is a script; in any other, nobody puts anything in.
 */
const isInsertion = (value: string, word: string): boolean => /\s/.test(word) && /^[$`]/.test(value);

/**
 * Why the words of a command are taken to hold a secret, each reason without its value. A word may be a whole script.
 *
 * @param words - as the engine takes them, such as `sh`, `-c` and the script
 */
export function secretsInCommand(words: readonly string[]): string[] {
  const pairs = words.flatMap((word) =>
    [...word.matchAll(PAIR)].flatMap(([, name = "", value = ""]) => {
      const given = unquoted(value);
      return isInsertion(given, word) ? [] : (whySecret(name, given) ?? []);
    }),
  );
  const single = words.flatMap((word) => word.split(/\s+/).map((part) => ({ part, word })));
  const flags = single.flatMap(({ part }, at) => {
    const [, name = ""] = FLAG.exec(part) ?? [];
    const next = single[at + 1] ?? { part: "", word: "" };
    const given = unquoted(next.part);
    const spares = given.startsWith("-") || isInsertion(given, next.word) || harmless(given);
    return namesSecret(name) && !spares ? [`${name} is named like a secret`] : [];
  });
  const named = [...pairs, ...flags];
  return [...new Set(named.length > 0 ? named : words.flatMap((word) => secretForm(word) ?? []))];
}
