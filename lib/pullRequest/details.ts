import type { PropertyChange, ResourceChange } from "../changes/change";
import { cut, cutLines, visible } from "./text";

/** How much of the details is shown. */
export interface Size {
  /** Resources for each operation. */
  readonly resources: number;
  /** Properties of a resource. */
  readonly properties: number;
  /** Letters of a value. */
  readonly letters: number;
}

/** Signs that colour a line of a diff. */
const SIGNS = { create: "+", import: "+", update: "!", replace: "!", delete: "-" } as const;

/** Past tense would be a lie: nothing has happened yet. */
const VERBS = {
  create: "create",
  import: "adopt",
  update: "update",
  replace: "replace",
  delete: "remove",
} as const;

/** What is worst comes first. */
export const ORDER = ["replace", "delete", "update", "import", "create"] as const;

/** Names with numbers in the order that people expect. One collator, since making it is what takes time. */
const { compare } = new Intl.Collator("en", { numeric: true });

/**
 * The changes of one environment as lines of a diff: grouped by operation, then by type.
 *
 * @param most - letters after which no more is written, since it is too long by then
 */
export function details(changes: readonly ResourceChange[], size: Size, most: number): string {
  const lines: string[] = [];
  let letters = 0;
  for (const line of allLines(changes, size)) {
    lines.push(line);
    letters += line.length + 1;
    if (letters > most) break;
  }
  return lines.join("\n").trimEnd();
}

function* allLines(changes: readonly ResourceChange[], size: Size): Generator<string> {
  for (const op of ORDER) {
    const group = changes.filter((change) => change.op === op);
    if (group.length === 0) continue;
    yield `@@ ${VERBS[op]}: ${group.length} (${counted(group)}) @@`;
    for (const change of group.sort(byTypeAndName).slice(0, size.resources)) yield* resource(change, size);
    if (group.length > size.resources) yield `# … and ${group.length - size.resources} more`;
    yield "";
  }
}

function resource(change: ResourceChange, size: Size): string[] {
  const { op, name, type, kept, holdsData, properties } = change;
  const notes = [...(holdsData ? ["holds data"] : []), ...(kept ? ["what is in it stays"] : [])];
  const note = notes.length > 0 ? ` — ${notes.join(", ")}` : "";
  const line = `${SIGNS[op]} ${VERBS[op]} ${short(type)} ${inLine(name, 120)}${note}`;
  const shown = properties.slice(0, size.properties).flatMap((property) => values(property, size.letters));
  const more = properties.length - size.properties;
  return [
    line,
    ...shown,
    ...(size.properties > 0 && more > 0 ? [`#     … and ${more} more properties`] : []),
  ];
}

function values({ path, before, after, secret, replaces }: PropertyChange, letters: number): string[] {
  const name = `${inLine(path, 120)}${replaces ? " (forces the replacement)" : ""}`;
  if (secret && before !== undefined && after !== undefined) return [`!     ${name}: [secret] differs`];
  return [
    ...(before === undefined ? [] : [`-     ${name}: ${value(before, letters)}`]),
    ...(after === undefined ? [] : [`+     ${name}: ${value(after, letters)}`]),
  ];
}

/** Lines of a value stay below their property. */
function value(text: string, letters: number): string {
  return visible(cutLines(cut(text, letters), 12)).replace(/\n/g, "\n        ");
}

function inLine(text: string, letters: number): string {
  return visible(cut(text, letters)).replace(/\n/g, " ⏎ ");
}

/** The last part of a token, such as `Container` or `openid Client`. */
export function short(type: string): string {
  return inLine(type.split(":").at(-1) ?? type, 60);
}

/** How many of which type, such as `20 Container, 3 Volume`; the rarest types in one number. */
export function counted(changes: readonly ResourceChange[]): string {
  const counts = new Map<string, number>();
  for (const { type } of changes) counts.set(short(type), (counts.get(short(type)) ?? 0) + 1);
  const sorted = [...counts].sort(([one, a], [other, b]) => b - a || compare(one, other));
  const parts = sorted.slice(0, 12).map(([type, count]) => `${count} ${type}`);
  const rest = sorted.slice(12).reduce((sum, [, count]) => sum + count, 0);
  return [...parts, ...(rest > 0 ? [`${rest} of other types`] : [])].join(", ");
}

function byTypeAndName(one: ResourceChange, other: ResourceChange): number {
  // Data first: it may not be what is cut off.
  if (one.holdsData !== other.holdsData) return one.holdsData ? -1 : 1;
  return compare(one.type, other.type) || compare(one.name, other.name);
}
