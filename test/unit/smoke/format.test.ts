import { describe, expect, it } from "vitest";
import type { CheckResult, Outcome } from "../../../cli/smoke/check";
import { allPassed, formatResult, formatSummary } from "../../../cli/smoke/format";

const result = (outcome: Outcome, detail?: string): CheckResult => ({
  id: "id",
  title: "MLflow answers",
  outcome,
  seconds: 1.26,
  detail,
});

describe("the report", () => {
  it.each([
    ["passed", undefined, "✓    1.3 s  MLflow answers"],
    ["passed", "http://localhost", "✓    1.3 s  MLflow answers (http://localhost)"],
    ["failed", "got 500", "✗    1.3 s  MLflow answers: got 500"],
    ["not-run", "not run because …", "✗    1.3 s  MLflow answers: not run because …"],
    ["not-applicable", "one team", "–    1.3 s  MLflow answers: one team"],
    ["failed", "got 500\nat /login", "✗    1.3 s  MLflow answers: got 500\n           at /login"],
  ] as const)("has one line for a check that is %s with %j", (outcome, detail, line) => {
    expect(formatResult(result(outcome, detail))).toBe(line);
  });

  it("closes with counts, and mentions what did not run only where there is some", () => {
    expect(formatSummary([result("passed"), result("failed")], 12.34)).toBe("1 passed, 1 failed in 12.3 s");
    expect(formatSummary([result("failed"), result("not-run"), result("not-applicable")], 1)).toBe(
      "0 passed, 1 failed, 1 not run, 1 not applicable in 1.0 s",
    );
  });

  it("is good only when nothing failed and nothing was left out for a failure", () => {
    expect(allPassed([result("passed"), result("not-applicable")])).toBe(true);
    expect(allPassed([result("passed"), result("failed")])).toBe(false);
    expect(allPassed([result("passed"), result("not-run")])).toBe(false);
  });
});
