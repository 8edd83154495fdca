import type { Check, CheckResult } from "./check";
import { checksFor } from "./checks";
import { Cleanup } from "./cleanup";
import { type SmokeContext, Shelf } from "./context";
import { allPassed, formatResult, formatSummary } from "./format";
import { newRunId } from "./names";
import type { StackOutputs } from "./outputs";
import { type ReachOptions, reachOf } from "./reach";
import { runChecks } from "./run";

export { parseOutputs, type StackOutputs } from "./outputs";
export type { CheckResult } from "./check";

/** How {@link runSmoke} reports and what it may use. */
export interface SmokeOptions extends ReachOptions {
  /** Takes one line of the report, as soon as it is known. */
  report(line: string): void;
  /** Path of the Chromium executable. */
  readonly chromium: string;
  /** Takes each result, for reports by machine. */
  readonly onResult?: (result: CheckResult) => void;
  /** Interrupts: what runs is stopped, what is left is not begun, what was made is removed. */
  readonly signal?: AbortSignal;
  /** Folder for pictures of pages on which a check failed. @default none are taken */
  readonly pictures?: string;
  /** The checks. @default all that apply to the stack */
  readonly checks?: readonly Check[];
}

/**
 * Proves that a stack does its main job, as a person and a team's program would, and removes what it made.
 * Safe beside other people's work: everything bears the name of this run.
 *
 * @param outputs - the stack's outputs, secrets in clear; {@link parseOutputs} checks them
 * @returns whether everything passed
 * @throws UserError when the stack's names lead nowhere, or the options make no sense
 */
export async function runSmoke(outputs: StackOutputs, options: SmokeOptions): Promise<boolean> {
  const started = performance.now();
  const context: SmokeContext = {
    outputs,
    reach: await reachOf(outputs, options),
    id: newRunId(),
    signal: options.signal ?? new AbortController().signal,
    cleanup: new Cleanup(),
    chromium: options.chromium,
    pictures: options.pictures,
    facts: new Shelf(),
  };
  const onResult = (result: CheckResult): void => {
    options.onResult?.(result);
    options.report(formatResult(result));
  };
  const results = await runChecks(options.checks ?? checksFor(outputs), context, onResult);
  // Not bound to the signal: an interrupted run cleans up too.
  const cleaning = { ...context, signal: new AbortController().signal };
  results.push(...(await runChecks([cleanUp], cleaning, onResult)));
  options.report(formatSummary(results, (performance.now() - started) / 1000));
  return allPassed(results);
}

const cleanUp: Check = {
  id: "clean-up",
  title: "everything that was made is removed",
  needs: [],
  async run({ cleanup }) {
    const removed = await cleanup.run();
    return removed.length === 0 ? "nothing was made" : removed.join(", ");
  },
};
