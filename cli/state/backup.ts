import { copyFileSync, existsSync, mkdirSync, readdirSync, chmodSync } from "node:fs";
import { basename, join } from "node:path";
import { filesOf } from "../engine/backend";
import { stamp, writeNew } from "../engine/files";
import type { State } from "../engine/recovery/state";
import type { Stack } from "../engine/stack";
import { backendOf } from "./scratch";

/** Folder of the copies that these commands make before they change a state. */
export function backupFolder(stack: Pick<Stack, "folder">): string {
  return join(stack.folder, "backups");
}

/**
 * Keeps a copy of a state, secrets encrypted, before something changes it.
 *
 * @param why - part of the file's name, such as `before-import`
 * @returns the file
 */
export function keepState(stack: Stack, state: State, why: string): string {
  const file = fresh(stack, why, ".json");
  writeNew(file, `${JSON.stringify(state, undefined, 2)}\n`);
  return file;
}

/**
 * Keeps copies of files that hold a state which cannot be read: the checkpoint, and the one before it, which the
 * engine keeps beside it and overwrites with the next change.
 *
 * @returns the copies; empty where the backend does not keep states in files of this machine
 */
export function keepDamaged(stack: Stack): string[] {
  return checkpoints(backendOf(stack), stack.name).map((file) => {
    const copy = fresh(stack, "damaged", `-${basename(file)}`);
    copyFileSync(file, copy);
    chmodSync(copy, 0o600);
    return copy;
  });
}

function checkpoints(url: string, stack: string): string[] {
  const folder = join(filesOf(url) ?? "", ".pulumi", "stacks", "mlflow-platform");
  if (filesOf(url) === undefined || !existsSync(folder)) return [];
  const names = [".json", ".json.gz", ".json.zst"].flatMap((end) => [`${stack}${end}`, `${stack}${end}.bak`]);
  return names.map((name) => join(folder, name)).filter((file) => existsSync(file));
}

/** A name that is not taken: two copies in one second are both kept. */
function fresh(stack: Stack, why: string, ending: string): string {
  const folder = backupFolder(stack);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const base = join(folder, `${stamp()}-${why}`);
  for (let number = 1; ; number++) {
    const file = `${base}${number === 1 ? "" : `-${number}`}${ending}`;
    if (!existsSync(file)) return file;
  }
}

/** A kept state. */
export interface Kept {
  readonly count: number;
  /** File of the newest; undefined when there is none. */
  readonly newest: string | undefined;
}

/** What these commands have kept. */
export function keptHere(stack: Pick<Stack, "folder">): Kept {
  return keptIn(backupFolder(stack));
}

/** What the engine has kept after each run, in a backend of files; undefined for another one. */
export function keptByEngine(stack: Stack): Kept | undefined {
  const root = filesOf(backendOf(stack));
  return root === undefined
    ? undefined
    : keptIn(join(root, ".pulumi", "backups", "mlflow-platform", stack.name));
}

/** Names begin with or contain a time that grows, so the last by name is the newest. */
function keptIn(folder: string): Kept {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /\.json(\.gz)?$/.test(name)) : [];
  const newest = names.sort().at(-1);
  return { count: names.length, newest: newest === undefined ? undefined : join(folder, newest) };
}
