import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

/**
 * Writes a file for this user only. It appears at once and whole, also when the machine stops at that moment.
 *
 * @param mode - of the file. @default 0600
 */
export function writePrivate(file: string, text: string, mode = 0o600): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}`);
  rmSync(temporary, { force: true });
  writeDown(temporary, text, mode);
  renameSync(temporary, file);
}

/**
 * Writes a file that must not be there yet, and sees that it reaches the disk.
 *
 * @throws Error with the code EEXIST when it is there
 */
export function writeNew(file: string, text: string): void {
  writeDown(file, text, 0o600);
}

/**
 * Writes a file for this user only, unless it is there by then: of two processes one's file stays, whole, and both may
 * go on with it.
 */
export function writeOnce(file: string, text: string): void {
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}`);
  rmSync(temporary, { force: true });
  writeDown(temporary, text, 0o600);
  try {
    linkSync(temporary, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  // The name reaches the disk with its folder.
  const folder = openSync(dirname(file), "r");
  fsyncSync(folder);
  closeSync(folder);
}

function writeDown(file: string, text: string, mode: number): void {
  const handle = openSync(file, "wx", mode);
  try {
    writeFileSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** The time as part of a file's name, such as `20261122T041801Z`. */
export function stamp(time: Date = new Date()): string {
  return time.toISOString().replace(/[-:]|\.\d+/g, "");
}
