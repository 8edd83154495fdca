import type { CheckResult, Outcome } from "./check";

const MARKS: Readonly<Record<Outcome, string>> = {
  passed: "✓",
  failed: "✗",
  "not-run": "✗",
  "not-applicable": "–",
};

/** The report's line for one check: mark, time, title, and what was seen or went wrong (indented when longer). */
export function formatResult(result: CheckResult): string {
  const head = `${MARKS[result.outcome]} ${formatSeconds(result.seconds)}  ${result.title}`;
  if (result.detail === undefined || result.detail === "") {
    return head;
  }
  const [first = "", ...rest] = result.detail.trim().split("\n");
  const joint = result.outcome === "passed" ? ` (${first})` : `: ${first}`;
  return [head + joint, ...rest.map((line) => `           ${line}`)].join("\n");
}

/** The report's last line. */
export function formatSummary(results: readonly CheckResult[], seconds: number): string {
  const count = (outcome: Outcome): number => results.filter((result) => result.outcome === outcome).length;
  const parts = [`${count("passed")} passed`, `${count("failed")} failed`];
  if (count("not-run") > 0) {
    parts.push(`${count("not-run")} not run`);
  }
  if (count("not-applicable") > 0) {
    parts.push(`${count("not-applicable")} not applicable`);
  }
  return `${parts.join(", ")} in ${seconds.toFixed(1)} s`;
}

/** Whether the whole report is good. A check that was not run proves nothing, so it counts as a failure. */
export function allPassed(results: readonly CheckResult[]): boolean {
  return results.every((result) => result.outcome === "passed" || result.outcome === "not-applicable");
}

function formatSeconds(seconds: number): string {
  return `${seconds.toFixed(1).padStart(6)} s`;
}
