import { messageOf } from "../errors";
import { type Check, type CheckResult, NotApplicable } from "./check";
import type { SmokeContext } from "./context";

/**
 * Runs checks in their order. A check whose needs did not pass is reported as not run, with the reason;
 * after an interruption the same holds for all that are left.
 *
 * @param onResult - called as each check ends
 */
export async function runChecks(
  checks: readonly Check[],
  context: SmokeContext,
  onResult: (result: CheckResult) => void,
): Promise<CheckResult[]> {
  const results = new Map<string, CheckResult>();
  for (const check of checks) {
    const reason = whyNotRun(check, results, context.signal);
    const result = reason === undefined ? await runOne(check, context) : reason;
    results.set(check.id, result);
    onResult(result);
  }
  return [...results.values()];
}

function whyNotRun(
  check: Check,
  results: ReadonlyMap<string, CheckResult>,
  signal: AbortSignal,
): CheckResult | undefined {
  const notRun = (outcome: "not-run" | "not-applicable", detail: string): CheckResult => ({
    id: check.id,
    title: check.title,
    outcome,
    seconds: 0,
    detail,
  });
  if (signal.aborted) {
    return notRun("not-run", "not run because the smoke test was interrupted");
  }
  for (const need of check.needs) {
    const needed = results.get(need);
    if (needed === undefined) {
      throw new Error(`check ${check.id} needs ${need}, which is not among the checks before it`);
    }
    if (needed.outcome === "not-applicable") {
      return notRun("not-applicable", needed.detail ?? needed.title);
    }
    if (needed.outcome === "not-run") {
      // The reason is the first thing that failed, not the ones that failed because of it.
      return notRun("not-run", needed.detail ?? needed.title);
    }
    if (needed.outcome !== "passed") {
      return notRun("not-run", `not run because this did not pass: ${needed.title}`);
    }
  }
  return undefined;
}

async function runOne(check: Check, context: SmokeContext): Promise<CheckResult> {
  const started = performance.now();
  const end = (outcome: CheckResult["outcome"], detail: string | undefined): CheckResult => ({
    id: check.id,
    title: check.title,
    outcome,
    seconds: (performance.now() - started) / 1000,
    detail,
  });
  try {
    return end("passed", await orInterrupted(check.run(context), context.signal));
  } catch (error) {
    if (error instanceof NotApplicable) {
      return end("not-applicable", error.message);
    }
    if (context.signal.aborted) {
      return end("failed", "interrupted");
    }
    return end("failed", messageOf(error));
  }
}

/**
 * Everything that a check waits for listens to the same signal; this bounds what does not let go at once,
 * so that cleaning up always begins.
 */
async function orInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const graceMilliseconds = 5000;
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const interrupted = new Promise<never>((_, reject) => {
    onAbort = () => {
      timer = setTimeout(() => reject(new Error("interrupted")), graceMilliseconds);
    };
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([work, interrupted]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) {
      signal.removeEventListener("abort", onAbort);
    }
  }
}
