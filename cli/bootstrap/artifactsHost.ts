import { createHash } from "node:crypto";
import { chmod, mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { getCACertificates } from "node:tls";
import execa from "execa";
import { cacheDir } from "../paths";

/** Settings of pip that say where packages come from; all others are the host's own business. */
const PIP_KEYS = ["index-url", "extra-index-url", "trusted-host"];

/**
 * All certificates that this host trusts, so that a build behind a company's proxy trusts them too: Node's own with
 * NODE_EXTRA_CA_CERTS, the system's, and those of SSL_CERT_FILE.
 * @returns PEM, each certificate once, always in the same order
 */
export async function caBundle(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const file = env["SSL_CERT_FILE"];
  const trusted = [
    ...getCACertificates("default"),
    ...getCACertificates("system"),
    ...pemBlocks(file ? await readFile(file, "utf8").catch(() => "") : ""),
  ];
  // The same certificate may be wrapped differently in two files.
  const byContent = new Map(trusted.map((pem) => [pem.replace(/\s/g, ""), pem.trim()]));
  return `${[...byContent.values()].sort().join("\n")}\n`;
}

/**
 * The certificates in a PEM file, without what stands between them.
 * @param text - its content
 */
export function pemBlocks(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
}

/** Where pip looks for settings, by its documentation ("Configuration", "Location"). */
function pipFiles(env: NodeJS.ProcessEnv): string[] {
  const home = env["HOME"] ?? homedir();
  return [
    ...(env["PIP_CONFIG_FILE"] ? [env["PIP_CONFIG_FILE"]] : []),
    "/etc/pip.conf",
    ...(env["XDG_CONFIG_DIRS"] ?? "/etc/xdg").split(delimiter).map((folder) => join(folder, "pip/pip.conf")),
    join(home, ".pip/pip.conf"),
    join(env["XDG_CONFIG_HOME"] ?? join(home, ".config"), "pip/pip.conf"),
    ...(env["VIRTUAL_ENV"] ? [join(env["VIRTUAL_ENV"], "pip.conf")] : []),
  ];
}

/**
 * Where pip gets packages from on this host, as a pip.conf; empty when nothing is set. The variables PIP_INDEX_URL,
 * PIP_EXTRA_INDEX_URL and PIP_TRUSTED_HOST come first, as in pip itself.
 */
export async function pipConfig(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const settings = parsePipConfig(await listedByPip(env));
  for (const key of PIP_KEYS) {
    const value = env[`PIP_${key.toUpperCase().replaceAll("-", "_")}`];
    if (value) settings.set(key, value);
  }
  if (settings.size === 0) return "";
  const lines = [...settings].map(([key, value]) => `${key} = ${value.split(/\s+/).join("\n    ")}`);
  return `[global]\n${lines.join("\n")}\n`;
}

/**
 * What `pip config list` prints; empty without pip. Pip takes a second or two to start, so its answer is kept until its
 * variables, its files, or PATH are others.
 */
async function listedByPip(env: NodeJS.ProcessEnv): Promise<string> {
  const variables = Object.entries(env).filter(([name]) => name === "PATH" || name.startsWith("PIP_"));
  const files = await Promise.all(
    pipFiles(env).map(async (file) => [file, (await stat(file).catch(() => undefined))?.mtimeMs]),
  );
  const key = createHash("sha256")
    .update(JSON.stringify([variables.sort(), files]))
    .digest("hex");
  const kept = join(cacheDir(), "pip", key);
  const known = await readFile(kept, "utf8").catch(() => undefined);
  if (known !== undefined) return known;
  const listed = await execa("pip", ["config", "list"], { reject: false, env, extendEnv: false });
  if (listed.failed) return "";
  await putText(listed.stdout, kept);
  return listed.stdout;
}

/**
 * Reads what `pip config list` prints.
 * @param text - lines such as `global.index-url='https://…'`
 * @returns the settings that say where packages come from
 */
export function parsePipConfig(text: string): Map<string, string> {
  const settings = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^(?:global|install|:env:)\.([a-z-]+)=(['"])(.*)\2$/.exec(line.trim());
    if (match?.[1] && match[3] && PIP_KEYS.includes(match[1]))
      settings.set(match[1], match[3].replaceAll("\\n", " ").trim());
  }
  return settings;
}

/** For this user only: an index's address may hold a password. */
const PRIVATE = 0o600;

/**
 * Writes a file for this user only, unless it has that content already.
 * @returns whether it was written
 */
export async function putText(text: string, to: string): Promise<boolean> {
  if ((await readFile(to, "utf8").catch(() => undefined)) === text) {
    // The mode is part of what the engine compares when it looks for a layer in its cache.
    await chmod(to, PRIVATE);
    return false;
  }
  await mkdir(dirname(to), { recursive: true });
  const temporary = `${to}.${process.pid}`;
  await writeFile(temporary, text, { mode: PRIVATE });
  await rename(temporary, to);
  return true;
}
