import { copyFile, link, mkdir, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Puts a file of the cache somewhere else: a hard link where both are on one file system, else a copy. It appears
 * at once or not at all, and is left alone when it is there already.
 * @param from - in the cache
 * @param to - where it is wanted; its folder is made
 */
export async function putFile(from: string, to: string): Promise<void> {
  const [source, target] = await Promise.all([stat(from), stat(to).catch(() => undefined)]);
  const linked = target?.ino === source.ino && target.dev === source.dev;
  // A copy keeps the time of the original here, which tells it from a copy of an older one.
  const copied = target?.size === source.size && Math.floor(target.mtimeMs) === Math.floor(source.mtimeMs);
  if (linked || copied) return;
  await mkdir(dirname(to), { recursive: true });
  const temporary = `${to}.${process.pid}`;
  await rm(temporary, { force: true });
  try {
    await link(from, temporary);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    // Another file system, or one without hard links.
    if (!["EXDEV", "EPERM", "ENOTSUP", "EMLINK"].includes(code)) throw error;
    await copyFile(from, temporary);
    await utimes(temporary, source.atime, source.mtime);
  }
  await rename(temporary, to);
}
