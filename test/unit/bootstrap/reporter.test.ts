import { afterEach, expect, it, vi } from "vitest";
import { UserError } from "../../../cli/errors";
import { elapsed, listrReporter } from "../../../cli/bootstrap/listrReporter";

afterEach(() => vi.restoreAllMocks());

/** Everything that is written to stdout and stderr while something runs. */
async function printed(body: () => Promise<unknown>): Promise<string> {
  let text = "";
  const keep = (chunk: string | Uint8Array): boolean => {
    text += chunk.toString();
    return true;
  };
  vi.spyOn(process.stdout, "write").mockImplementation(keep);
  vi.spyOn(process.stderr, "write").mockImplementation(keep);
  await body();
  vi.restoreAllMocks();
  return text;
}

it.each([
  [900, "0 s"],
  [59_999, "59 s"],
  [60_000, "1 min 00 s"],
  [3_725_000, "62 min 05 s"],
])("%i ms are %s", (ms, text) => {
  expect(elapsed(ms)).toBe(text);
});

it("repeats in a log what a long step is doing, with the elapsed time", async () => {
  const reporter = listrReporter({ terminal: false, tickMs: 100 });
  const text = await printed(() =>
    reporter.step("Building", async (task) => {
      task.progress("compiling", "1 of 9");
      task.progress("compiling", "2 of 9");
      await new Promise((resolve) => setTimeout(resolve, 350));
      task.result("9 of 9");
    }),
  );
  expect(text.match(/compiling/g)?.length).toBeGreaterThanOrEqual(3);
  // A detail alone gives no line of its own.
  expect(text.match(/1 of 9/g)).toHaveLength(1);
  expect(text).toMatch(/compiling, 2 of 9 \(0 s\)/);
  expect(text).toMatch(/Building — 9 of 9/);
});

it("says why a step is skipped, in one line", async () => {
  const reporter = listrReporter({ terminal: false });
  const text = await printed(() =>
    reporter.step("Engine", (task) => {
      task.unneeded("runs already");
      return Promise.resolve();
    }),
  );
  expect(text.split("\n").filter((line) => line.includes("runs already"))).toHaveLength(1);
});

it("hands the value and the very error through", async () => {
  const reporter = listrReporter({ terminal: false });
  const error = new UserError("no disk", "free some", 3);
  const text = await printed(async () => {
    expect(await reporter.step("A", () => Promise.resolve(42))).toBe(42);
    expect(await reporter.step<string | undefined>("B", () => Promise.resolve(undefined))).toBeUndefined();
    await expect(reporter.step("C", () => Promise.reject(error))).rejects.toBe(error);
  });
  expect(text).toContain("C");
});
