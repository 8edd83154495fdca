import { wordsOf } from "../../../lib/secretNames";
import { text } from "../../values";

/**
 * Words of a name that say, wherever they stand in it: this is a secret. More of them than for what is shown to people
 * (`lib/secretNames.ts`): what is wrongly taken for a secret here gets a file or another name, once.
 */
const SECRET_WORDS =
  /^(password|passwd|passphrase|pass|pwd|pw|secrets?|tokens?|credentials?|apikey|keys?|salt|pepper|signature)$/;

/** Names with such a part that stand for something else, with the reason. Exact names only. */
const PLAIN_NAMES: Readonly<Record<string, string>> = {
  // The name of an account of the object store; its secret is another variable.
  MINIO_ACCESS_KEY: "name of an account",
  // A setting of Postgres.
  password_encryption: "name of a method",
};

/** Last parts of names that stand for a place, a time, a count or a name. */
const ABOUT =
  /^(seconds|minutes|hours|days|ttl|size|count|lifespan|lifetime|expiry|enabled|required|type|algorithm)$/;

/** Whether a name says that its value is a secret. */
export function namesSecret(name: string): boolean {
  if (name in PLAIN_NAMES) return false;
  const parts = wordsOf(name);
  const joined = /password|passwd|passphrase|secret|apikey|privatekey/.test(parts.join(""));
  return (joined || parts.some((part) => SECRET_WORDS.test(part))) && !ABOUT.test(parts.at(-1) ?? "");
}

/** What some values are, whatever they are called. */
const FORMS: readonly { readonly form: RegExp; readonly what: string }[] = [
  { form: /-----BEGIN [A-Z0-9 ]*(PRIVATE KEY|OPENSSH)/, what: "a private key (PEM)" },
  { form: /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/, what: "a token (JWT)" },
  { form: /\b[a-z][a-z0-9+.-]*:\/\/[^\s/?#@:]*:[^\s/?#@]+@/i, what: "an address with a password" },
  {
    form: /[?&;\s](password|passwd|pwd|secret|token)=[^\s&;]+/i,
    what: "an address or command with a password",
  },
  { form: /\bAKIA[0-9A-Z]{16}\b/, what: "an access key of AWS" },
  { form: /\b(ghp|gho|ghs|github_pat|glpat|xox[abp])[_-][\w-]{16,}/, what: "a token of a service" },
];

/** What a value is, when its form alone shows that it is a secret. */
export function secretForm(value: string): string | undefined {
  return FORMS.find(({ form }) => form.test(value))?.what;
}

/** Whether a value under a secret's name is harmless: nothing, a switch, a number, or the place of a file. */
export function harmless(value: string): boolean {
  return (
    value === "" || /^(true|false|on|off|yes|no|none|\d{1,6})$/i.test(value) || /^\/[\w./-]+$/.test(value)
  );
}

/**
 * Why a named value is taken for a secret; undefined when it is not. JSON is looked into. The answer does not hold the
 * value.
 */
export function whySecret(name: string, value: string): string | undefined {
  const form = secretForm(value);
  if (form !== undefined) return `${name} is ${form}`;
  if (namesSecret(name) && !harmless(value)) return `${name} is named like a secret`;
  return inJson(name, value);
}

function inJson(name: string, value: string): string | undefined {
  if (!/^\s*[[{]/.test(value)) return undefined;
  try {
    return inside(name, JSON.parse(value));
  } catch {
    return undefined;
  }
}

function inside(name: string, value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, below] of Object.entries(value)) {
    const path = `${name}.${key}`;
    const plain = text(below);
    const found =
      plain !== undefined && namesSecret(key) && !harmless(plain)
        ? `${path} is named like a secret`
        : inside(path, below);
    if (found !== undefined) return found;
  }
  return undefined;
}
