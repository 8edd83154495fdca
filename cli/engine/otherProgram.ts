import { existsSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { checkout } from "../paths";
import { onTerminal } from "./pulumi";
import { runMark } from "./recovery/leftovers";
import type { Stack } from "./stack";

/** The folder in a command line of the Pulumi CLI, in each way in which it can be given: `-C x`, `--cwd=x`. */
function folderOf(args: readonly string[]): string | undefined {
  const end = args.indexOf("--");
  const flags = args.slice(0, end < 0 ? args.length : end);
  // The last one counts, as with the CLI.
  const at = flags.findLastIndex((arg) => /^(-C|--cwd$|--cwd=)/.test(arg));
  const [, joined] = /^(?:-C=?|--cwd=)(.+)$/.exec(flags[at] ?? "") ?? [];
  return at < 0 ? undefined : (joined ?? flags[at + 1] ?? "");
}

/** Where the CLI finds a program from a folder: there, or above it. */
function programAt(folder: string): string | undefined {
  if (PROJECT_FILES.some((name) => existsSync(join(folder, name)))) return realpathSync(folder);
  const above = dirname(folder);
  return above === folder ? undefined : programAt(above);
}

/** Names that the CLI knows a project's file by. */
const PROJECT_FILES = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"];

/**
 * Whether a command line of the Pulumi CLI is about the program of another folder. A folder of this checkout is none: its
 * program has one policy, one configuration and one state, wherever a command is started.
 */
export function isElsewhere(args: readonly string[]): boolean {
  const folder = folderOf(args);
  return folder !== undefined && programAt(resolve(checkout, folder)) !== checkout;
}

/**
 * Runs a command of the Pulumi CLI on the program of another folder, with the tools, the backend and the passphrase of a
 * stack of this one: so its state lies beside the platform's, and it can read the platform's outputs. Which stack of
 * that program is meant, and its settings, are its own affair.
 *
 * @param stack - of the platform
 * @param args - the whole command line
 * @returns the exit code
 */
export function pulumiElsewhere(stack: Stack, args: readonly string[]): Promise<number> {
  return onTerminal({
    program: stack.toolchain.pulumi,
    flags: args,
    cwd: checkout,
    env: { ...stack.env, ...runMark(stack) },
  });
}
