import { UserError } from "../errors";
import { explain } from "./explain";
import { Progress, type Summary } from "./progress";
import { pulumi } from "./pulumi";
import type { Stack } from "./stack";

/** Milliseconds between two lines about what is under way. */
const TICK = process.stdout.isTTY ? 1000 : 10_000;

export interface OperationOptions {
  /** Called with a line about what is under way, every second in a terminal, every ten in a log. */
  readonly say: (line: string) => void;
}

/**
 * Brings the stack to what the program declares.
 *
 * @param refresh - look first at what is really there
 * @throws UserError with cause and next command
 */
export function up(stack: Stack, options: OperationOptions, refresh = false): Promise<Summary> {
  return operate(stack, ["up", "--yes", "--skip-preview", ...(refresh ? ["--refresh"] : [])], options);
}

/**
 * Shows what `up` would change.
 *
 * @param refresh - look first at what is really there
 */
export function preview(stack: Stack, options: OperationOptions, refresh = false): Promise<Summary> {
  return operate(stack, ["preview", ...(refresh ? ["--refresh"] : [])], options);
}

/** Removes everything that the stack declares. */
export function destroy(stack: Stack, options: OperationOptions): Promise<Summary> {
  return operate(stack, ["destroy", "--yes", "--skip-preview"], options);
}

async function operate(stack: Stack, args: readonly string[], options: OperationOptions): Promise<Summary> {
  const progress = new Progress();
  const timer = setInterval(() => options.say(progress.line()), TICK);
  try {
    const { exitCode, stderr } = await pulumi(stack, [...args, "--json"], {
      onEvent: (event) => progress.accept(event),
    });
    const summary = progress.summary();
    if (exitCode !== 0) throw failure(stack, args[0] ?? "", summary, stderr);
    return summary;
  } finally {
    clearInterval(timer);
  }
}

function failure(stack: Stack, command: string, summary: Summary, stderr: string): UserError {
  const causes =
    summary.errors.length > 0 ? summary.errors : [stderr.trim() || "the Pulumi CLI gave no reason"];
  const { cause, next } = explain(causes, stack.name);
  return new UserError(
    `pulumi ${command} failed. What was done so far is kept; data is untouched.\n${cause}`,
    next,
  );
}
