import { describe, expect, it } from "vitest";
import { type CheckResult, NotApplicable } from "../../../cli/smoke/check";
import { runChecks } from "../../../cli/smoke/run";
import { sampleCheck, sampleContext } from "./fixtures";

const passes = (): Promise<string> => Promise.resolve("seen");
const fails = (): Promise<string> => Promise.reject(new Error("expected 200, got 500"));
const outcomes = (results: readonly CheckResult[]): string[] =>
  results.map(({ id, outcome }) => `${id} ${outcome}`);

describe("running checks", () => {
  it("runs them in order and reports each as it ends", async () => {
    const seen: string[] = [];
    const order: string[] = [];
    const note = (id: string) => () => {
      order.push(id);
      return passes();
    };
    const checks = [sampleCheck("a", note("a")), sampleCheck("b", note("b"), ["a"])];
    const results = await runChecks(checks, sampleContext(), (result) => seen.push(result.id));
    expect(order).toEqual(["a", "b"]);
    expect(seen).toEqual(["a", "b"]);
    expect(results).toMatchObject([
      { id: "a", outcome: "passed", detail: "seen" },
      { id: "b", outcome: "passed", detail: "seen" },
    ]);
  });

  it("reports what depends on a failure as not run, naming the first failure, and runs the rest", async () => {
    let ran = false;
    const never = (): Promise<string> => {
      ran = true;
      return passes();
    };
    const checks = [
      sampleCheck("first", fails),
      sampleCheck("second", never, ["first"]),
      sampleCheck("third", never, ["second"]),
      sampleCheck("free", passes),
    ];
    const results = await runChecks(checks, sampleContext(), () => undefined);
    expect(outcomes(results)).toEqual(["first failed", "second not-run", "third not-run", "free passed"]);
    expect(results[0]?.detail).toBe("expected 200, got 500");
    expect(results[2]?.detail).toBe("not run because this did not pass: title of first");
    expect(ran).toBe(false);
  });

  it("does not count what the stack gives no occasion for as a failure, nor what depends on it", async () => {
    const checks = [
      sampleCheck("other", () => Promise.reject(new NotApplicable("only one team"))),
      sampleCheck("more", passes, ["other"]),
    ];
    const results = await runChecks(checks, sampleContext(), () => undefined);
    expect(outcomes(results)).toEqual(["other not-applicable", "more not-applicable"]);
    expect(results[1]?.detail).toBe("only one team");
  });

  it("stops at an interruption and says what was not run", async () => {
    const interruption = new AbortController();
    const checks = [
      sampleCheck(
        "running",
        ({ signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener("abort", () => reject(new Error("socket closed")));
            interruption.abort();
          }),
      ),
      sampleCheck("left", passes),
    ];
    const results = await runChecks(checks, sampleContext(interruption.signal), () => undefined);
    expect(results).toMatchObject([
      { outcome: "failed", detail: "interrupted" },
      { outcome: "not-run", detail: "not run because the smoke test was interrupted" },
    ]);
  });

  it("refuses a check that needs one which is not before it", async () => {
    const run = runChecks([sampleCheck("a", passes, ["missing"])], sampleContext(), () => undefined);
    await expect(run).rejects.toThrow("check a needs missing");
  });
});
