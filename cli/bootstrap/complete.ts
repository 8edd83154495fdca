import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { UserError } from "../errors";
import { withLock } from "./lock";

/** Its presence, with files of the sizes it lists, makes a folder of the cache a whole one. */
const MARKER = ".complete.json";

interface Marker {
  /** When it was finished, ISO 8601. */
  finishedAt: string;
  /** Sizes in bytes by file name. */
  files: Record<string, number>;
}

/**
 * Whether a folder of the cache was finished and still has all its files. What a killed build left never counts.
 * @param dir - the folder
 */
export async function isComplete(dir: string): Promise<boolean> {
  try {
    const marker = JSON.parse(readFileSync(join(dir, MARKER), "utf8")) as Marker;
    const sizes = await Promise.all(
      Object.entries(marker.files).map(async ([name, size]) => (await stat(join(dir, name))).size === size),
    );
    return sizes.every(Boolean);
  } catch {
    // No folder, no marker, a torn marker or a missing file: not complete, whatever the reason.
    return false;
  }
}

/** How a folder is made. */
export interface MakeOptions {
  /** Called while another process makes the same folder, again and again, with how long that has been, in ms. */
  waiting?: (ms: number) => void;
}

/**
 * Makes a folder of the cache exactly once, however many processes want it and whenever one is killed: the content
 * is made in a sibling folder, marked as whole, and only then renamed.
 * @param dir - the folder to make
 * @param fill - makes the content in the folder it is given
 * @returns whether `fill` ran (false: it was there, or another process made it meanwhile)
 */
export async function makeOnce(
  dir: string,
  fill: (temporary: string) => Promise<void>,
  options: MakeOptions = {},
): Promise<boolean> {
  if (await isComplete(dir)) return false;
  const parent = dirname(dir);
  await mkdir(parent, { recursive: true });
  return withLock(
    dir,
    async (assertHeld) => {
      if (await isComplete(dir)) return false;
      const prefix = `.${basename(dir)}.tmp-`;
      // Under the lock these can only be what killed processes left.
      for (const name of await readdir(parent))
        if (name.startsWith(prefix))
          await rm(join(parent, name), { recursive: true, force: true, maxRetries: 5 });
      const temporary = join(parent, prefix + randomBytes(4).toString("hex"));
      await mkdir(temporary);
      try {
        await fill(temporary);
        await writeFile(join(temporary, MARKER), JSON.stringify(await markerOf(temporary), undefined, 2));
        assertHeld();
        await rm(dir, { recursive: true, force: true });
        await rename(temporary, dir);
      } finally {
        if (existsSync(temporary)) await rm(temporary, { recursive: true, force: true });
      }
      return true;
    },
    options.waiting,
  );
}

async function markerOf(dir: string): Promise<Marker> {
  const files: Record<string, number> = {};
  for (const entry of await readdir(dir, { withFileTypes: true }))
    if (entry.isFile()) files[entry.name] = (await stat(join(dir, entry.name))).size;
  if (Object.keys(files).length === 0)
    throw new UserError(`Nothing was made for ${basename(dir)}`, "Run the same command again.");
  return { finishedAt: new Date().toISOString(), files };
}
