import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { checkout, stateDir } from "../paths";
import { quoted } from "../shell";

/** Who keeps states: files of this machine, an object store or database, or a service that speaks Pulumi's own API. */
export type BackendKind = "files" | "store" | "service";

/** What the Pulumi CLI has to know of a backend. */
export interface BackendEnv extends NodeJS.ProcessEnv {
  readonly PULUMI_BACKEND_URL: string;
}

/** Address of the files in the state folder, where states are unless somebody chose another place. */
export function ownFiles(): string {
  return `file://${join(stateDir(), "backend")}`;
}

/**
 * The backend: where PULUMI_BACKEND_URL or a login says, else files in the state folder, which are made.
 */
export function chosenBackend(): BackendEnv {
  const given = process.env["PULUMI_BACKEND_URL"];
  if (given) return backendEnv(given);
  const { current } = logins();
  if (current) return backendEnv(current);
  mkdirSync(join(stateDir(), "backend"), { recursive: true, mode: 0o700 });
  return { PULUMI_BACKEND_URL: ownFiles() };
}

/**
 * What the CLI has to know of one backend, with the token of a `pulumi login` to it.
 *
 * @param url - address of the backend; a relative path in it is taken from the checkout, wherever the CLI runs
 */
export function backendEnv(url: string): BackendEnv {
  const path = url.startsWith(FILES) ? url.slice(FILES.length) : undefined;
  const address =
    path === undefined || path.startsWith("/") || path.startsWith("~")
      ? url
      : `${FILES}${resolve(checkout, path)}`;
  const token = logins().accounts?.[url]?.accessToken;
  return { PULUMI_BACKEND_URL: address, ...(token ? { PULUMI_ACCESS_TOKEN: token } : {}) };
}

interface Logins {
  readonly current?: string;
  readonly accounts?: Readonly<Record<string, { readonly accessToken?: string }>>;
}

/** What `pulumi login` has noted for this user; not in the home that this project gives its own CLI. */
function logins(): Logins {
  const file = join(process.env["PULUMI_HOME"] ?? join(homedir(), ".pulumi"), "credentials.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Logins) : {};
}

const FILES = "file://";

/** What kind of backend an address names. */
export function kindOf(url: string): BackendKind {
  if (url.startsWith(FILES)) return "files";
  return /^https?:\/\//.test(url) ? "service" : "store";
}

/**
 * Folder of a backend that keeps states in files of this machine; undefined for others.
 *
 * @param url - address of the backend, also `file://~` and relative ones, which the engine takes
 */
export function filesOf(url: string): string | undefined {
  if (!url.startsWith(FILES)) return undefined;
  const path = url.slice(FILES.length).replace(/\?.*$/s, "");
  return path.startsWith("/")
    ? fileURLToPath(`${FILES}${path}`)
    : resolve(checkout, path.replace(/^~(?=\/|$)/, homedir()));
}

/**
 * What to do when a backend refuses, by what the CLI says of it.
 *
 * @param said - the CLI's words
 */
export function backendRemedy(said: string): string {
  return /invalid checksum/i.test(said)
    ? // For stores of others than Amazon the CLI leaves checksums out in a way that MinIO takes for a wrong one.
      "Add &request_checksum_calculation=when_supported to the address of the store, then run the same command again."
    : "Check the address in PULUMI_BACKEND_URL or --to, and the credentials or login for it, then run the same command again.";
}

/** How to make commands use a backend, as the beginning of a sentence. A password in its address is not repeated. */
export function useBackend(url: string): string {
  return shown(url) === url
    ? `export PULUMI_BACKEND_URL=${quoted(url)}`
    : `Set PULUMI_BACKEND_URL to ${shown(url)} with its password`;
}

/** An address to be shown: a password in it is left out. */
export function shown(url: string): string {
  return url.replace(/^(\w+:\/\/[^/?#@:]*):[^/?#@]*@/, "$1:…@");
}
