import { type Drift, type Finding, lostStores } from "./finding";

/** Letters of a value that are shown; the rest is counted. */
const SHOWN = 200;

/**
 * What `drift` prints: what, where, the value by hand and the declared one.
 *
 * @param up - the command that carries out what a stack declares
 */
export function driftInWords(drift: Drift, up: string): string {
  const { stack, compared, findings, notCompared } = drift;
  const lines = findings.flatMap(findingLines);
  for (const { what, why } of notCompared) lines.push(`  ? not compared: ${what}, since ${why}`);
  if (lines.length > 0) lines.push("");
  return [...lines, ...verdict()].join("\n");

  function verdict(): string[] {
    if (findings.length === 0 && notCompared.length === 0)
      return [`✓ Stack ${stack} is as its last \`up\` made it (${compared} resources compared).`];
    const count = `${findings.length} ${findings.length === 1 ? "thing is" : "things are"}`;
    const head =
      findings.length === 0
        ? `✗ Stack ${stack} could not be compared as a whole.`
        : `✗ Stack ${stack} is not as its last \`up\` made it: ${count} different.`;
    const lost = lostStores(findings);
    if (findings.length === 0) return [head, `  Bring it up, then compare again: ${up}`];
    return lost.length === 0
      ? [head, `  Repair it all: ${up} --refresh`]
      : [
          head,
          `  Data is gone: ${lost.map(({ what }) => what).join(", ")}. \`up\` does not make it anew, empty, by itself.`,
          `  Bring it back from a backup (docs/operations.md#backup), then: ${up} --refresh`,
        ];
  }
}

function findingLines({ what, kind, differences, lost }: Finding): string[] {
  const head = { changed: "~", gone: "-", foreign: "!" }[kind];
  const words = { changed: "", gone: " is gone", foreign: " is not the one that was made" }[kind];
  return [
    `  ${head} ${what}${words}${lost === undefined || kind === "changed" ? "" : ` — ${lost}`}`,
    ...differences.map(
      ({ path, byHand, declared }) => `      ${path}: by hand ${shown(byHand)}, declared ${shown(declared)}`,
    ),
  ];
}

/** Characters that move a terminal's cursor or turn the direction of text, beside those that JSON escapes. */
const UNSEEN = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A value on one line. It comes from whoever changed it. */
function shown(value: string | undefined): string {
  if (value === undefined) return "(nothing)";
  const line = JSON.stringify(compact(value))
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replace(UNSEEN, (unseen) => `\\u${unseen.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}… (${line.length} letters)` : line;
}

/** A document as one line; other text as it is. */
function compact(text: string): string {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}
