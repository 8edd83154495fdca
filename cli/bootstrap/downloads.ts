import { rm } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../errors";
import { download, fetchText } from "./download";
import type { HostFacts } from "./host";
import { runLogged } from "./run";
import type { StepTask } from "./reporter";
import { PULUMI_VERSION } from "./versions";

/** Where Pulumi publishes its CLI and plugins (the CLI's own fallback, see sdk/go/common/workspace/plugins.go). */
const DEFAULT_BASE = "https://get.pulumi.com";
/** Long enough for a slow line, short enough not to be noticed where a firewall swallows the request. */
const PROBE_MS = 5_000;
/** What a person can do when a download breaks off. */
const NEXT =
  "Run the same command again. With MLFLOW_PLATFORM_DOWNLOADS=none everything is built from source instead, which takes Go.";

/** A site that has the official archives. */
export interface DownloadSite {
  /** Without a slash at the end. */
  base: string;
  /** sha256 (hex) by file name, of the CLI's archives. For the plugins none are published. */
  checksums: ReadonlyMap<string, string>;
}

/**
 * The site's address: `MLFLOW_PLATFORM_DOWNLOADS`, default Pulumi's own; undefined when set to `none`.
 * @throws UserError (exit 2) for anything that is not https (http is allowed to this machine only: what comes over
 *   it is run)
 */
export function downloadBase(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const text = env["MLFLOW_PLATFORM_DOWNLOADS"] || DEFAULT_BASE;
  if (text === "none") return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const local = url?.protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url?.protocol !== "https:" && !local)
    throw new UserError(
      `MLFLOW_PLATFORM_DOWNLOADS is "${text}"; programs are only fetched over https`,
      "Set it to an https address that has Pulumi's releases/, to none, or unset it.",
      2,
    );
  return text.replace(/\/+$/, "");
}

/**
 * Reads a list of checksums as sha256sum writes it.
 * @param text - lines of `<hex>  <file>`
 */
export function parseChecksums(text: string): Map<string, string> {
  const sums = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^([0-9a-f]{64})\s+\*?(\S+)$/i.exec(line.trim());
    if (match?.[1] && match[2]) sums.set(match[2], match[1].toLowerCase());
  }
  return sums;
}

/**
 * Looks whether the official archives can be had, by fetching the list of checksums, which is small.
 * @returns undefined when not, for whatever reason
 */
export async function findDownloads(): Promise<DownloadSite | undefined> {
  const base = downloadBase();
  if (base === undefined) return undefined;
  // Unlike the archives, this file's name has no v.
  const text = await fetchText(`${base}/releases/sdk/pulumi-${PULUMI_VERSION}-checksums.txt`, PROBE_MS);
  // A captive portal answers anything with a page of its own: without checksums in it, it is not the site.
  const checksums = parseChecksums(text ?? "");
  return checksums.size > 0 ? { base, checksums } : undefined;
}

/**
 * Fetches the CLI, which brings the language hosts and the scripts for dynamic providers and policy packs.
 * @param site - where from
 * @param dir - an empty folder; the programs lie directly in it afterwards
 */
export async function downloadCli(
  site: DownloadSite,
  host: HostFacts,
  dir: string,
  progress: StepTask["progress"],
): Promise<void> {
  const name = `pulumi-v${PULUMI_VERSION}-linux-${host.nodeArch}.tar.gz`;
  const sha256 = site.checksums.get(name);
  if (!sha256)
    throw new UserError(`${site.base} publishes no checksum of ${name}, so it was not fetched`, NEXT);
  const archive = join(dir, name);
  await download({
    url: `${site.base}/releases/sdk/${name}`,
    to: archive,
    sha256,
    progress,
    label: "Pulumi CLI",
    next: NEXT,
  });
  // All programs are in a folder `pulumi` of the archive.
  await unpack(archive, dir, "--strip-components=1");
}

/**
 * Fetches one provider plugin.
 * @param dir - an empty folder; `pulumi-resource-<name>` lies directly in it afterwards
 */
export async function downloadPlugin(
  site: DownloadSite,
  host: HostFacts,
  plugin: { name: string; version: string },
  dir: string,
  progress: StepTask["progress"],
): Promise<void> {
  const name = `pulumi-resource-${plugin.name}-v${plugin.version}-linux-${host.goArch}.tar.gz`;
  const archive = join(dir, name);
  const label = `plugin ${plugin.name} ${plugin.version}`;
  await download({ url: `${site.base}/releases/plugins/${name}`, to: archive, progress, label, next: NEXT });
  await unpack(archive, dir);
}

async function unpack(archive: string, dir: string, ...options: string[]): Promise<void> {
  await runLogged({
    name: "unpack",
    command: ["tar", "-xzf", archive, "-C", dir, "--no-same-owner", ...options],
    failure: { message: `${archive} is not a whole archive`, next: NEXT },
  });
  await rm(archive);
}
