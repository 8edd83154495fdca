/**
 * Text that others wrote, in a comment: nothing in it may become markup, a mention, a link or an invisible trick.
 * Secrets have to be out before (`lib/changes/secrets.ts`): what is cut or escaped cannot be found any more.
 */

/** Colours and movements for terminals. */
const ANSI = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

/** Letters that nobody sees, or that turn the direction of what follows: controls, marks, soft hyphens, tags. */
const UNSEEN =
  /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Co}\p{Cn}\u115f\u1160\u3164\uffa0\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu;

/** The text with everything visible: colours are taken out, unseen letters are written as their number. */
export function visible(text: string): string {
  return text
    .replace(ANSI, "")
    .replace(/\r\n?/g, "\n")
    .replace(/\t/g, "  ")
    .replace(UNSEEN, (letter) => `\\u{${(letter.codePointAt(0) ?? 0).toString(16)}}`);
}

/** At most so many letters, with a word on how many are missing. */
export function cut(text: string, letters: number): string {
  if (text.length <= letters) return text;
  // Half of a pair is no letter.
  const kept = text.slice(0, letters).replace(/[\ud800-\udbff]$/, "");
  return `${kept}… (${text.length - kept.length} more letters)`;
}

/** At most so many lines, with a word on how many are missing. */
export function cutLines(text: string, lines: number): string {
  const all = text.split("\n");
  return all.length <= lines
    ? text
    : [...all.slice(0, lines), `… (${all.length - lines} more lines)`].join("\n");
}

/** Text within a line, as code: nothing in it counts as markup, and nobody is mentioned. */
export function code(text: string, letters = 200): string {
  const line = cut(
    visible(text)
      .replace(/\s*\n\s*/g, " ⏎ ")
      .trim(),
    letters,
  );
  if (line === "") return "` `";
  const fence = "`".repeat(longestRun(line) + 1);
  const space = line.startsWith("`") || line.endsWith("`") ? " " : "";
  return `${fence}${space}${line}${space}${fence}`;
}

/** Lines of text as a block of code. @param language - such as `diff` */
export function block(text: string, language = ""): string {
  const seen = visible(text);
  const fence = "`".repeat(Math.max(3, longestRun(seen) + 1));
  return `${fence}${language}\n${seen}\n${fence}`;
}

/** Text as code inside of HTML, such as a `<summary>`, where markdown does not count. */
export function htmlCode(text: string, letters = 100): string {
  const escaped = visible(cut(text, letters))
    .replace(/\s+/g, " ")
    .replace(/[&<>"'@#:]/g, (letter) => `&#${letter.charCodeAt(0)};`);
  return `<code>${escaped}</code>`;
}

/** Length of the longest run of backticks. */
function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}
