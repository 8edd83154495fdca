import { describe, expect, it } from "vitest";
import type { Check, CheckResult } from "../../../cli/smoke/check";
import { CHECKS } from "../../../cli/smoke/checks";
import { runSmoke } from "../../../cli/smoke";
import { sampleCheck, sampleOutputs } from "./fixtures";

interface Report {
  readonly passed: boolean;
  readonly lines: readonly string[];
  readonly results: readonly CheckResult[];
}

async function smoke(checks: readonly Check[], signal?: AbortSignal): Promise<Report> {
  const lines: string[] = [];
  const results: CheckResult[] = [];
  const passed = await runSmoke(sampleOutputs(), {
    report: (line) => lines.push(line),
    onResult: (result) => results.push(result),
    chromium: "/nonexistent/chromium",
    checks,
    ...(signal === undefined ? {} : { signal }),
  });
  return { passed, lines, results };
}

describe("the smoke test", () => {
  it("removes what was made, the last first, and passes", async () => {
    const undone: string[] = [];
    const make = (name: string): Check =>
      sampleCheck(name, ({ cleanup }) => {
        cleanup.add(name, () => {
          undone.push(name);
          return Promise.resolve(`thing ${name}`);
        });
        return Promise.resolve(undefined);
      });
    const { passed, lines } = await smoke([make("a"), make("b")]);
    expect(passed).toBe(true);
    expect(undone).toEqual(["b", "a"]);
    expect(lines.at(-2)).toMatch(/^✓ .*everything that was made is removed \(thing b, thing a\)$/);
    expect(lines.at(-1)).toMatch(/^3 passed, 0 failed in \d+\.\d s$/);
  });

  it("removes what was made although a check failed, and fails", async () => {
    let undone = false;
    const { passed, results } = await smoke([
      sampleCheck("a", ({ cleanup }) => {
        cleanup.add("a", () => {
          undone = true;
          return Promise.resolve("thing a");
        });
        return Promise.reject(new Error("broke halfway"));
      }),
    ]);
    expect(undone).toBe(true);
    expect(passed).toBe(false);
    expect(results.map(({ outcome }) => outcome)).toEqual(["failed", "passed"]);
  });

  it("removes what was made after an interruption", async () => {
    const interruption = new AbortController();
    let undone = false;
    const { passed, lines } = await smoke(
      [
        sampleCheck("a", ({ cleanup }) => {
          cleanup.add("a", () => {
            undone = true;
            return Promise.resolve("thing a");
          });
          interruption.abort();
          return Promise.resolve(undefined);
        }),
        sampleCheck("b", () => Promise.resolve(undefined)),
      ],
      interruption.signal,
    );
    expect(undone).toBe(true);
    expect(passed).toBe(false);
    expect(lines.at(-1)).toMatch(/1 not run/);
  });

  it("tries every removal and fails when one did not work, naming it", async () => {
    let undone = false;
    const { passed, results } = await smoke([
      sampleCheck("a", ({ cleanup }) => {
        cleanup.add("user smoke-a", () => {
          undone = true;
          return Promise.resolve("user smoke-a");
        });
        cleanup.add("user smoke-b", () => Promise.reject(new Error("HTTP 503")));
        return Promise.resolve(undefined);
      }),
    ]);
    expect(undone).toBe(true);
    expect(passed).toBe(false);
    expect(results.at(-1)).toMatchObject({ id: "clean-up", outcome: "failed" });
    expect(results.at(-1)?.detail).toContain("user smoke-b: HTTP 503");
  });

  it("has checks whose needs come before them and whose ids are unique", () => {
    const before = new Set<string>();
    for (const { id, needs } of CHECKS) {
      expect(before.has(id), id).toBe(false);
      for (const need of needs) {
        expect(before.has(need), `${id} needs ${need}`).toBe(true);
      }
      before.add(id);
    }
  });
});
