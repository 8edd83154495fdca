import { isEnvelope, isObject } from "./event";

/** A path into the properties of a resource: names and list positions. */
export type Path = readonly (string | number)[];

/** One part of a path as the engine writes it: `name`, `.name`, `[0]` or `["a name"]`. */
const PART = /^(?:\.?([^.[\]"]+)|\[(\d+)\]|\.?\["((?:[^"\\]|\\.)*)"\])/;

/** Reads a path such as `uploads[0].content` or `labels["a.b"]`. What cannot be read is one name. */
export function parsePath(text: string): Path {
  const path: (string | number)[] = [];
  for (let rest = text; rest !== "";) {
    const match = PART.exec(rest);
    if (match === null) return [text];
    const [whole, name, position, quoted] = match;
    if (position !== undefined) path.push(Number(position));
    else path.push(name ?? (quoted ?? "").replace(/\\(.)/g, "$1"));
    rest = rest.slice(whole.length);
  }
  return path;
}

/** Writes a path as the engine does. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    if (/[.[\]"]/.test(part)) return `${text}["${part.replace(/(["\\])/g, "\\$1")}"]`;
    return text === "" ? part : `${text}.${part}`;
  }, "");
}

/** What one step of a path leads to; undefined where there is nothing. */
export function child(value: unknown, part: string | number): unknown {
  if (Array.isArray(value)) return typeof part === "number" ? (value[part] as unknown) : undefined;
  return isObject(value) && !isEnvelope(value) && Object.hasOwn(value, part) ? value[part] : undefined;
}

/** Whether a key is the engine's own note, such as `__defaults`. */
export function isNote(key: string): boolean {
  return key.startsWith("__");
}

/** Pairs of values that differ, down to the smallest part; envelopes are not opened. */
export function* leaves(
  path: Path,
  before: unknown,
  after: unknown,
): Generator<readonly [Path, unknown, unknown]> {
  const lists = Array.isArray(before) && Array.isArray(after);
  const objects = isObject(before) && isObject(after) && !isEnvelope(before) && !isEnvelope(after);
  if (!lists && !objects) {
    if (!same(before, after)) yield [path, before, after];
    return;
  }
  const parts = lists
    ? Array.from({ length: Math.max(before.length, after.length) }, (_, index) => index)
    : [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => !isNote(key)).sort();
  for (const part of parts) yield* leaves([...path, part], child(before, part), child(after, part));
}

function same(one: unknown, other: unknown): boolean {
  // `undefined` and `null` both say that nothing is there.
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}
