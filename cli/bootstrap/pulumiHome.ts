import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheDir } from "../paths";

/** Our own PULUMI_HOME: the user's may have other plugins, and is none of our business. */
export function pulumiHome(): string {
  return join(cacheDir(), "pulumi-home");
}

/**
 * Keeps the Pulumi CLI from writing everything that it does to a log of its own, which nobody reads: that is a third of
 * the engine's work in a preview, and hundreds of megabytes a day. There is no setting for it (3.256); a file in the
 * place of the folder makes the CLI go on without.
 */
export async function withoutLogs(): Promise<void> {
  const logs = join(pulumiHome(), "logs");
  if ((await stat(logs).catch(() => undefined))?.isFile()) return;
  await rm(logs, { recursive: true, force: true });
  await mkdir(pulumiHome(), { recursive: true });
  await writeFile(logs, "A file and no folder, so that the Pulumi CLI writes no logs.\n");
}
