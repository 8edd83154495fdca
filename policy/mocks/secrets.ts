/** Marks of Pulumi's wire format, from `sdk/nodejs/runtime/rpc.ts`. */
const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";

/** What every generated secret of a recording starts with; nothing else does. */
const GENERATED = "generated!";

/** The value that the mocks give for the random password of a Pulumi name. */
export function generated(name: string): string {
  return `${GENERATED}${name}!`;
}

/** Whether a recorded value is marked as secret: encrypted in the state, hidden in previews. */
export function isSecret(value: unknown): value is { readonly value: unknown } {
  return (
    typeof value === "object" &&
    value !== null &&
    (value as Record<string, unknown>)[SIGNATURE_KEY] === SECRET_SIGNATURE
  );
}

/** A recorded value without the envelopes around its secrets. */
export function opened(value: unknown): unknown {
  if (isSecret(value)) return opened(value.value);
  if (Array.isArray(value)) return value.map(opened);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, below]) => [key, opened(below)]));
}

/**
 * Paths at which a generated secret lies open: in plain text, or anywhere in a longer text that is not marked.
 *
 * @param path - what the value is called in the answer
 */
export function leaks(value: unknown, path = ""): string[] {
  if (isSecret(value)) return [];
  if (typeof value === "string") return value.includes(GENERATED) ? [path] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) => [
    ...(key.includes(GENERATED) ? [`${path}.${key}`] : []),
    ...leaks(below, `${path}.${key}`),
  ]);
}
