/** A value that an engine does not know yet: it follows from something that is still to be made. */
export const UNKNOWN: unique symbol = Symbol("not known yet");

/** Inputs of a resource. Secrets are opened; what is not known yet is {@link UNKNOWN}. */
export type Properties = Readonly<Record<string, unknown>>;

/** Whether a value, or anything in it, is not known yet. */
export function hasUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(hasUnknown);
}

/** The items of a list. A single value is a list of one, so that a list written without brackets is judged too. */
export function items(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

/** The known items of a list as text. */
export function texts(value: unknown): readonly string[] {
  return items(value).flatMap((item) => {
    const known = text(item);
    return known === undefined ? [] : [known];
  });
}

/** A known value as text, without white space around it; undefined for none, and for what is no text. */
export function text(value: unknown): string | undefined {
  if (typeof value === "string") return value.trim();
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** An address as it may be shown: without a name and password in it. */
export function shownAddress(address: string): string {
  return address.replace(/\/\/[^/?#]*@/, "//…@");
}

/** A known number, also when it is written as text. */
export function number(value: unknown): number | undefined {
  const known = text(value);
  return known === undefined || known === "" || Number.isNaN(Number(known)) ? undefined : Number(known);
}

/** Whether a value is true, also when it is written as text. */
export function isTrue(value: unknown): boolean {
  return ["true", "1", "yes", "on"].includes(text(value)?.toLowerCase() ?? "");
}

/** The keys and values of an object; none for anything else. */
export function fields(value: unknown): Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Properties) : {};
}

/** Whether something was set: neither absent nor empty. */
export function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === false) return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}
