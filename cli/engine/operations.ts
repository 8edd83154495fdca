import { UserError } from "../errors";
import { explain } from "./explain";
import { Progress, type Summary } from "./progress";
import { pulumi } from "./pulumi";
import type { Stack } from "./stack";

/** Milliseconds between two lines about what is under way, where the terminal cannot rewrite one. */
const HEARTBEAT = 10_000;

/** Called with a line about what is under way, at least every ten seconds. */
export type Say = (line: string) => void;

export interface OperationOptions {
  readonly say: Say;
  /** Milliseconds between two lines. @default 10 000; a terminal that rewrites its line takes less */
  readonly every?: number;
}

/** Brings the stack to what the program declares. @throws UserError with cause and next command */
export function up(stack: Stack, options: OperationOptions): Promise<Summary> {
  return operate(stack, ["up", "--yes", "--skip-preview"], options);
}

/** Shows what `up` would change. @param refresh - look at what is really there first */
export function preview(stack: Stack, options: OperationOptions, refresh = false): Promise<Summary> {
  return operate(stack, ["preview", ...(refresh ? ["--refresh"] : [])], options);
}

/** Removes everything that the stack declares. */
export function destroy(stack: Stack, options: OperationOptions): Promise<Summary> {
  return operate(stack, ["destroy", "--yes", "--skip-preview"], options);
}

async function operate(stack: Stack, args: readonly string[], options: OperationOptions): Promise<Summary> {
  const progress = new Progress();
  const timer = setInterval(() => options.say(progress.line()), options.every ?? HEARTBEAT);
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
  const causes = summary.errors.length > 0 ? summary.errors : [stderr.trim() || "the Pulumi CLI gave no reason"];
  const { cause, next } = explain(causes, stack.name);
  return new UserError(
    `pulumi ${command} failed. What was done so far is kept; data is untouched.\n${cause}`,
    next,
  );
}
