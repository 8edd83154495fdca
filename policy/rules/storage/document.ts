import { UNKNOWN, items, text } from "../../values";

/** One statement of a policy, in one form. */
export interface Statement {
  readonly allows: boolean;
  /** Present keys in lower case: the store reads them in any spelling. */
  readonly keys: ReadonlySet<string>;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly principals: readonly string[];
}

/** What a policy says; `unknown` before it is known, `invalid` when it is none. */
export type Document = readonly Statement[] | "unknown" | "invalid";

/** Reads a policy given as JSON text or as an object, with lists or single values, in any case of its keys. */
export function readDocument(policy: unknown): Document {
  if (policy === UNKNOWN) return "unknown";
  try {
    const parsed: unknown = typeof policy === "string" ? JSON.parse(policy) : policy;
    if (typeof parsed !== "object" || parsed === null) return "invalid";
    return items(lower(parsed)["statement"]).map(readStatement);
  } catch {
    return "invalid";
  }
}

function lower(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).map(([key, below]) => [key.toLowerCase(), below]))
    : {};
}

function readStatement(value: unknown): Statement {
  const statement = lower(value);
  const list = (key: string): string[] => items(statement[key]).map((item) => text(item) ?? "?");
  const { principal } = statement;
  const principals =
    typeof principal === "object" && principal !== null && !Array.isArray(principal)
      ? Object.values(principal).flatMap((item) => items(item))
      : items(principal);
  return {
    // What does not say that it denies is taken for what allows.
    allows: text(statement["effect"])?.toLowerCase() !== "deny",
    keys: new Set(Object.keys(statement)),
    actions: list("action"),
    resources: list("resource"),
    principals: principals.map((item) => text(item) ?? "?"),
  };
}
