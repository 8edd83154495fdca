import { describe, expect, it } from "vitest";
import { summarize } from "../../../cli/bench/requests";
import type { LoadResult } from "../../../cli/bench/load";
import { median, pairwise, percentile } from "../../../cli/bench/statistics";

describe("median", () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[10, 9], 9.5],
    [[7], 7],
  ])("of %j is %d", (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it("sorts by number, not by text, and leaves the list alone", () => {
    const values = [100, 9, 20];
    expect(median(values)).toBe(20);
    expect(values).toEqual([100, 9, 20]);
  });

  it("of nothing is an error, not a figure", () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe("percentile", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  it.each([
    [0.5, 50],
    [0.95, 95],
    [0.99, 99],
    [1, 100],
    [0, 1],
  ])("%d of 1 … 100 is %d", (part, expected) => {
    expect(percentile(hundred, part)).toBe(expected);
  });
});

describe("pairwise", () => {
  it("refuses lists of different length", () => {
    expect(() => pairwise([1, 2], [1], (a, b) => a - b)).toThrow(/2 values/);
  });
});

describe("rounds of requests", () => {
  const result = (perSecond: number, milliseconds: number): LoadResult => ({
    perSecond,
    latencies: {
      "experiments/search": [milliseconds],
      "runs/get": [milliseconds, milliseconds],
      "runs/log-batch": [milliseconds],
    },
  });
  const round = (perSecond: number, milliseconds: number, cpu = 0) => ({
    cpu,
    loaded: result(perSecond, milliseconds * 8),
    single: result(1000 / milliseconds, milliseconds),
  });

  it("are compared one by one, so that a slow minute counts for neither side", () => {
    // The machine is at half its speed in the second round, on both sides.
    const { figures } = summarize([
      { name: "platform", rounds: [round(90, 11), round(45, 22), round(90, 11)] },
      { name: "without NGINX", rounds: [round(1, 1), round(1, 1), round(1, 1)] },
      { name: "stock", rounds: [round(100, 10), round(50, 20), round(100, 10)] },
    ]);
    expect(figures.find(({ id }) => id === "request-ratio")?.samples).toEqual([90, 90, 90]);
    expect(figures.find(({ id }) => id === "added-p50")).toMatchObject({ value: 1, samples: [1, 2, 1] });
  });

  it("give medians per server, and processor time per request", () => {
    const { servers } = summarize([
      { name: "stock", rounds: [round(10, 5, 40), round(30, 7, 48), round(20, 6, 44)] },
    ]);
    expect(servers[0]).toMatchObject({ name: "stock", perSecond: 20, cpu: 11 });
    expect(servers[0]?.single).toEqual({ p50: 6, p95: 6, p99: 6 });
    expect(servers[0]?.loaded.p50).toBe(48);
    expect(servers[0]?.routes["runs/get"]).toBe(6);
  });
});
