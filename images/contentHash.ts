import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** One file of a build context, as far as it decides what the image becomes. */
export interface ContextFile {
  /** Path below the context, with forward slashes. */
  readonly path: string;
  /** Whether the owner may execute it: the only part of a mode that git keeps. */
  readonly executable: boolean;
  readonly content: Buffer;
}

/** What may lie in a checkout without belonging to it. `.artifacts` is known by its pins instead. */
const NOT_CONTENT = [
  /^\.artifacts$/,
  /^\.git$/,
  /^\.DS_Store$/,
  /^__pycache__$/,
  /^\.(mypy|pytest|ruff)_cache$/,
  /\.log$/,
  /\.sw[op]$/,
  /~$/,
];

/**
 * Hash of a build context.
 *
 * @param files - the context's files, in any order
 * @param pins - what else decides the image: pinned versions, the hash of the base image
 * @returns 64 hex digits
 */
export function contentHash(files: readonly ContextFile[], pins: readonly string[]): string {
  const hash = createHash("sha256");
  // Every part goes in with its length, so that no two different lists can run together to the same bytes.
  const add = (part: string | Buffer): void => {
    hash.update(`${Buffer.byteLength(part)}:`).update(part);
  };
  for (const pin of [...pins].sort()) add(pin);
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    add(file.path);
    add(file.executable ? "x" : "-");
    add(file.content);
  }
  return hash.digest("hex");
}

/**
 * The files of a build context on disk, without those that only happen to lie there.
 *
 * @param folder - absolute path of the context
 * @throws Error when the folder cannot be read
 */
export function readContext(folder: string): ContextFile[] {
  const read = (below: string): ContextFile[] =>
    readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
      if (NOT_CONTENT.some((pattern) => pattern.test(entry.name))) return [];
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) return read(path);
      const file = join(folder, path);
      return [{ path, executable: (statSync(file).mode & 0o100) !== 0, content: readFileSync(file) }];
    });
  return read("");
}
