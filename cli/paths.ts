import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";

/** The folder of this clone, with symbolic links resolved: two paths to one clone share their state. */
export const checkout: string = realpathSync(resolve(__dirname, ".."));

/**
 * Where built and downloaded programs lie, shared by all clones of this user.
 * `MLFLOW_PLATFORM_CACHE_DIR`, else `mlflow-platform` under `XDG_CACHE_HOME` (default `~/.cache`).
 * The path is computed only; nothing is created.
 */
export function cacheDir(): string {
  const own = process.env["MLFLOW_PLATFORM_CACHE_DIR"];
  if (own) return resolve(own);
  return join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "mlflow-platform");
}

/**
 * Where this clone keeps its Pulumi state, passphrase and logs.
 * `MLFLOW_PLATFORM_STATE_DIR`, else a folder named after the clone under `XDG_STATE_HOME` (default `~/.local/state`).
 * The hash of the clone's path keeps two clones of one name apart. The path is computed only; nothing is created
 * (whoever creates it does so with mode 0700).
 */
export function stateDir(): string {
  const own = process.env["MLFLOW_PLATFORM_STATE_DIR"];
  if (own) return resolve(own);
  const base = process.env["XDG_STATE_HOME"] || join(homedir(), ".local", "state");
  const hash = createHash("sha256").update(checkout).digest("hex").slice(0, 8);
  return join(base, "mlflow-platform", `${basename(checkout)}-${hash}`);
}
