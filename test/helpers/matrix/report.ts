import type { WireRequest, Wrong } from "./types";

/** Most wrong cells that are shown in full. */
const SHOWN = 60;
const EXCERPT = 120;

/** A table of wrong cells; empty text where there is none. */
export function tableOf(wrong: readonly Wrong[]): string {
  if (wrong.length === 0) return "";
  const lines = wrong
    .slice(0, SHOWN)
    .map(
      ({ cell, got }) =>
        `  ${cell.identity} | ${cell.operation} | expected ${cell.expected.words} | got ${got}\n      ${shown(cell.request)}`,
    );
  const more = wrong.length > SHOWN ? [`  … and ${wrong.length - SHOWN} more`] : [];
  return [
    `${wrong.length} wrong cells (who | what | expected | got, and the request):`,
    ...lines,
    ...more,
  ].join("\n");
}

/** A request in one line, without credentials. */
export function shown({ method, path, headers, body }: WireRequest): string {
  const said = headers
    .filter(([name]) => !/^(authorization|content-type)$/i.test(name))
    .map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${path}`, ...said, ...(body === undefined ? [] : [body])].join(" ¦ ");
}

/** First part of an answer, on one line. */
export function excerpt(text: string): string {
  return text.replaceAll(/\s+/g, " ").slice(0, EXCERPT);
}
