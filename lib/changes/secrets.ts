import { namesSecret } from "../secretNames";
import { isObject, isSecretEnvelope } from "./event";

/** What is written instead of a secret. */
export const REDACTED = "[secret]";

/** Takes secrets out of a text. To be used before a text is cut or escaped: half a secret is not found any more. */
export type Redact = (text: string) => string;

/** Letters of the shortest secret that is looked for inside of other text; a shorter one has to be the whole text. */
const SHORTEST_PART = 8;

/**
 * Makes a redaction that knows the secrets of a stack. What only looks like a secret (private keys, tokens, addresses
 * with a password, `NAME_PASSWORD=…`) is taken out as well.
 *
 * @param known - secrets in plain text, such as `knownSecrets` finds in an exported state
 */
export function redaction(known: Iterable<string> = []): Redact {
  const secrets = new Set(known);
  const written = [...secrets]
    .filter((secret) => secret.length >= SHORTEST_PART)
    .flatMap(spellings)
    // The longer one first, or the rest of it would stay.
    .sort((one, other) => other.length - one.length);
  const parts = chunks([...new Set(written)], 500).map(
    (some) => new RegExp(some.map((secret) => secret.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|"), "g"),
  );
  return (text) => {
    if (secrets.has(text) && text !== "") return REDACTED;
    return withoutShapes(parts.reduce((rest, pattern) => rest.replace(pattern, REDACTED), text));
  };
}

/** How a secret may be written inside of other text. */
function spellings(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const base64 = Buffer.from(secret, "utf8").toString("base64");
  return [
    secret,
    secret.trim(),
    json,
    JSON.stringify(json).slice(1, -1),
    encodeURIComponent(secret),
    base64,
    base64.replace(/=+$/, ""),
    Buffer.from(secret, "utf8").toString("base64url"),
  ].filter((text) => text.length >= SHORTEST_PART);
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/** What is a secret by its looks alone. */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  // A key that is cut off goes to the end of the text.
  [/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g, REDACTED],
  [/\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)*/g, REDACTED],
  [
    /\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|pul-[0-9a-f]{32,}|xox[a-z]-[\w-]{10,})/g,
    REDACTED,
  ],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${REDACTED}`],
  // The user stays, the password goes.
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s/?#:@"'<>]*):[^\s/?#"'<>]*@/gi, `$1:${REDACTED}@`],
  // Alone before the @ it may be a token; for ssh it is a name.
  [/\b((?!ssh:)[a-z][a-z0-9+.-]*:\/\/)[^\s/?#:@"'<>]{12,}@/gi, `$1${REDACTED}@`],
];

/** `NAME=value`, `name: value`, `"name": "value"`, and the same inside of a string of JSON. */
const ASSIGNMENT =
  /([A-Za-z][\w.-]*)(\\*["']?\s*[=:]\s*)(\\+"[^"\\]*\\+"|"(?:[^"\\]|\\.)*"|'[^']*'|[^\s,;&"']+)/g;

function withoutShapes(text: string): string {
  const shaped = SHAPES.reduce((rest, [pattern, instead]) => rest.replace(pattern, instead), text);
  return shaped.replace(ASSIGNMENT, (whole, name: string, sign: string, value: string) =>
    namesSecret(name) && !isPlain(value) && !sign.endsWith("://") ? `${name}${sign}${REDACTED}` : whole,
  );
}

/** Switches, numbers, what is redacted already, and addresses are no secrets, whatever their name. */
function isPlain(value: string): boolean {
  // Of JSON in one line, an opening bracket is all there is, or closing ones come along.
  const bare = value.replace(/^[\\"']+|[\\"'}\]]+$/g, "");
  return (
    /^[{[]*$/.test(bare) ||
    value.replace(/^[\\"']+/, "").startsWith(REDACTED) ||
    /^(true|false|null|\d+[smhd]?|https?:\/\/.*)$/i.test(bare)
  );
}

/** Whether a part of a path names a secret, so that whatever lies below is one: `secrets`, `initialPassword.value`. */
export function pathNamesSecret(path: readonly (string | number)[]): boolean {
  return path.some((part) => typeof part === "string" && namesSecret(part));
}

/** Parts of a secret that are no secrets: who an account is, beside the secret that opens it. */
const NAMES: ReadonlySet<string> = new Set(["clientId", "email", "id", "name", "role", "team", "username"]);

/** A word that people chose, not a program: `mlflow-server`. */
const CHOSEN = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Whether a part of a secret is the name of an account, or of a file that holds the secret. */
function isName(whole: Readonly<Record<string, unknown>>, key: string): boolean {
  if (NAMES.has(key)) return Object.keys(whole).some(namesSecret);
  const { file, content } = whole;
  if (typeof file !== "string" || typeof content !== "string") return false;
  return (
    key === "file" ||
    (key === "content" && CHOSEN.test(content) && !namesSecret(file.split("/").at(-1) ?? ""))
  );
}

/**
 * The secrets of a stack as plain text, from its state with the secrets shown. Secrets that wrap more than one value
 * give each of them, but for names: `{username, password}` gives the password only.
 *
 * @param state - what `pulumi stack export --show-secrets` prints, parsed
 */
export function knownSecrets(state: unknown): ReadonlySet<string> {
  const secrets = new Set<string>();
  const open = (value: unknown): void => {
    if (typeof value === "string") {
      if (value !== "" && !/^(true|false|\d{1,5})$/.test(value)) secrets.add(value);
    } else if (Array.isArray(value)) {
      value.forEach(open);
    } else if (isObject(value)) {
      const keys = Object.keys(value).filter((key) => !isName(value, key));
      for (const key of keys) open(value[key]);
    }
  };
  const look = (value: unknown): void => {
    if (isSecretEnvelope(value)) {
      if (value.plaintext !== undefined) open(parsed(value.plaintext));
    } else if (Array.isArray(value)) {
      value.forEach(look);
    } else if (isObject(value)) {
      Object.values(value).forEach(look);
    }
  };
  look(state);
  return secrets;
}

/** The engine keeps a secret as JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
