import { harmless, namesSecret, secretForm, whySecret } from "./looksSecret";

/** `NAME=value` and `--name=value`, also where a shell reads them. */
const PAIR = /(?:^|[\s;&|(])-{0,2}([A-Za-z_][\w.-]*)=("[^"]*"|'[^']*'|[^\s;&|)]*)/g;
/** A flag whose value is the next word. */
const FLAG = /^--?([A-Za-z][\w-]*)$/;

const unquoted = (value: string): string => value.replace(/^(["'])(.*)\1$/s, "$2");

/** What the shell puts in where it runs the command is not written in it: `$TOKEN`, `$(cat /run/secrets/token)`. */
const isInsertion = (value: string): boolean => /^[$`]/.test(value);

/**
 * Why the words of a command are taken to hold a secret, each reason without its value. A word may be a whole script.
 *
 * @param words - as the engine takes them, such as `sh`, `-c` and the script
 */
export function secretsInCommand(words: readonly string[]): string[] {
  const pairs = words.flatMap((word) =>
    [...word.matchAll(PAIR)].flatMap(([, name = "", value = ""]) => {
      const given = unquoted(value);
      return isInsertion(given) ? [] : (whySecret(name, given) ?? []);
    }),
  );
  const single = words.flatMap((word) => word.split(/\s+/));
  const flags = single.flatMap((word, at) => {
    const [, name = ""] = FLAG.exec(word) ?? [];
    const given = unquoted(single[at + 1] ?? "");
    const spares = given.startsWith("-") || isInsertion(given) || harmless(given);
    return namesSecret(name) && !spares ? [`${name} is named like a secret`] : [];
  });
  const named = [...pairs, ...flags];
  return [...new Set(named.length > 0 ? named : words.flatMap((word) => secretForm(word) ?? []))];
}
