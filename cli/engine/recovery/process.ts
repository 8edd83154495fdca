import { readFileSync } from "node:fs";

/** One process, told from a later one that got the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in clock ticks since the machine did (field 22 of /proc/PID/stat). */
  readonly started: string;
}

/** A process as /proc shows it. */
export interface ProcessStat {
  /** Its program's name, at most 15 characters. */
  readonly command: string;
  /** One letter; `Z` is a dead process that nobody has asked after yet. */
  readonly state: string;
  readonly started: string;
}

/**
 * Reads a line of /proc/PID/stat. The name stands in parentheses and may itself hold any of `) (` or spaces.
 *
 * @param line - the file's content
 */
export function parseStat(line: string): ProcessStat | undefined {
  const open = line.indexOf("(");
  const close = line.lastIndexOf(")");
  const fields = line
    .slice(close + 1)
    .trim()
    .split(" ");
  const state = fields[0];
  // Field 22 counted from 1, and the first two are cut off.
  const started = fields[19];
  if (open < 0 || close < open || !state || started === undefined) return undefined;
  return { command: line.slice(open + 1, close), state, started };
}

/** What runs under a number; undefined when nothing does, or only a dead process is still listed. */
export function processStat(pid: number): ProcessStat | undefined {
  try {
    const stat = parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
    return stat?.state === "Z" || stat?.state === "X" ? undefined : stat;
  } catch {
    return undefined;
  }
}

/** This process. */
export function self(): ProcessIdentity {
  return { pid: process.pid, started: processStat(process.pid)?.started ?? "" };
}

/** Whether exactly this process still runs. */
export function isAlive({ pid, started }: ProcessIdentity): boolean {
  return processStat(pid)?.started === started;
}

/** Whether this is the process that asks. */
export function isSelf(process: ProcessIdentity): boolean {
  const own = self();
  return process.pid === own.pid && process.started === own.started;
}
