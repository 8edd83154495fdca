import { UserError } from "../errors";
import { explain } from "./explain";
import { Progress, type Summary, combined } from "./progress";
import { pulumi } from "./pulumi";
import { FailedCreates } from "./recovery/candidates";
import { clearTheWay } from "./recovery/clearTheWay";
import { KEPT, UNTOUCHED, refusal, refuseBySettings } from "./refusal";
import type { Stack } from "./stack";

/** Milliseconds between two lines about what is under way: a second in a terminal, ten in a log. */
export const TICK = process.stdout.isTTY ? 1000 : 10_000;

export interface OperationOptions {
  /** Called with a line about what is under way, every second in a terminal, every ten in a log. */
  readonly say: (line: string) => void;
}

/** Milliseconds without anything under way after which a run with an error is taken for stuck, and ended. */
const STALLED = 60_000;

/** Most times that `up` goes on after it has taken in what stood in its way. Each time has to take in something. */
const MAX_ROUNDS = 8;

export interface UpOptions {
  /** Look first at what is really there. @default false */
  readonly refresh?: boolean;
  /** Whether the policy is asked. @default true */
  readonly judged?: boolean;
}

/**
 * Brings the stack to what the program declares. What it cannot create because it is there already, left by an
 * interrupted run or by a team that comes back, is taken into the state, and `up` goes on.
 *
 * The policy judges what the settings declare before anything is changed, and each resource once more before it is
 * made: some values are known only then.
 *
 * @throws UserError with cause and next command
 */
export async function up(
  stack: Stack,
  options: OperationOptions,
  { refresh = false, judged = true }: UpOptions = {},
): Promise<Summary> {
  if (judged) {
    options.say("asking the policy");
    await refuseBySettings(stack.name);
  }
  const args = ["up", "--yes", "--skip-preview", ...(refresh ? ["--refresh"] : [])];
  const rounds: Summary[] = [];
  for (;;) {
    // From the second round on it looks for all that stands in the way, not only for the first of it.
    const further = rounds.length === 0 ? [] : ["--continue-on-error"];
    const { summary, stderr, ok, failed } = await attempt(stack, [...args, ...further], options, judged);
    rounds.push(summary);
    if (ok) return combined(rounds);
    const cleared = rounds.length > MAX_ROUNDS ? [] : await clearTheWay(stack, failed);
    if (cleared.length === 0) throw failure(stack, "up", summary, stderr);
    options.say(`taken in what was there already, going on: ${cleared.join(", ")}`);
  }
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
  const { summary, stderr, ok } = await attempt(stack, args, options);
  if (!ok) throw failure(stack, args[0] ?? "", summary, stderr);
  return summary;
}

interface Attempt {
  readonly ok: boolean;
  readonly summary: Summary;
  readonly stderr: string;
  /** What could not be created. */
  readonly failed: FailedCreates;
}

async function attempt(
  stack: Stack,
  args: readonly string[],
  options: OperationOptions,
  judged = true,
): Promise<Attempt> {
  const progress = new Progress();
  const failed = new FailedCreates();
  const stall = new AbortController();
  const timer = setInterval(() => {
    options.say(progress.line());
    if (progress.stalled() > STALLED) stall.abort();
  }, TICK);
  try {
    const { exitCode, stderr } = await pulumi(stack, [...args, "--json"], {
      signal: stall.signal,
      judged,
      onEvent(event) {
        progress.accept(event);
        failed.accept(event);
      },
    });
    return { ok: exitCode === 0, summary: progress.summary(), stderr, failed };
  } finally {
    clearInterval(timer);
  }
}

function failure(stack: Stack, command: string, summary: Summary, stderr: string): UserError {
  if (summary.findings.some(({ refused }) => refused)) {
    const done = command === "preview" ? UNTOUCHED : KEPT;
    return refusal(stack.name, summary.findings, done, summary.errors);
  }
  const causes =
    summary.errors.length > 0 ? summary.errors : [stderr.trim() || "the Pulumi CLI gave no reason"];
  const { cause, next } = explain(causes, stack.name);
  return new UserError(
    `pulumi ${command} failed. What was done so far is kept; data is untouched.\n${cause}`,
    next,
  );
}
