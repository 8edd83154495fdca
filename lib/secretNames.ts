/**
 * Which names say that their value is a secret. By words, not by parts of words: `clientSecret` and `DB_PASSWORD` are,
 * `accessTokenLifespan`, `tokenUrl` and `passwordPolicy` are not.
 */

/** Last words that name a secret by themselves. */
const SECRET_WORDS: ReadonlySet<string> = new Set([
  "cookie",
  "credential",
  "credentials",
  "pass",
  "pw",
  "pwd",
  "salt",
  "sshpass",
]);

/** Endings of a last word that name a secret, also where nothing sets them apart: `PGPASSWORD`, `dbpassword`. */
const SECRET_ENDING = /(apikey|passphrase|passwd|password|secret|token)s?$/;

/** Words before `key` that make a secret of it. A key alone may be the key of a list or of an object in a store. */
const SECRET_KEYS: ReadonlySet<string> = new Set([
  "access",
  "account",
  "api",
  "auth",
  "crypto",
  "encryption",
  "hmac",
  "kms",
  "master",
  "private",
  "root",
  "secret",
  "server",
  "session",
  "signing",
  "ssh",
]);

/** Endings that say how a secret is written, not what it is. */
const FORMS: ReadonlySet<string> = new Set(["base64", "hex", "openssh", "pem", "pem8", "value", "wo"]);

/** Words of a name in any spelling, in lower case: `DB_PASSWORD`, `dbPassword` and `db-password` are the same two. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "" && !/^\d+$/.test(word));
}

/**
 * Whether a name announces a secret, in `camelCase`, `snake_case`, `kebab-case` or `UPPER_CASE`.
 *
 * @param name - of a property, an environment variable or a file, such as `clientSecret` or `MINIO_ROOT_PASSWORD`
 */
export function namesSecret(name: string): boolean {
  const words = wordsOf(name);
  while (words.length > 1 && FORMS.has(words.at(-1) ?? "")) words.pop();
  const last = words.at(-1) ?? "";
  const bare = last.replace(/\d+$/, "");
  if (SECRET_WORDS.has(bare) || SECRET_ENDING.test(bare)) return true;
  if (last !== "key" && last !== "keys") return false;
  // A variable that ends so is taken for one: `FLASK_KEY`. `PUBLIC_KEY` says that it is none.
  const before = words.at(-2) ?? "";
  return SECRET_KEYS.has(before) || (/^[A-Z0-9_]+$/.test(name) && words.length > 1 && before !== "public");
}
