import { describe, expect, it } from "vitest";
import { KINDS, figure, meets, missed } from "../../../cli/bench/figures";
import { figuresTable, number, serversTable } from "../../../cli/bench/report";
import { teamFigures } from "../../../cli/bench/teams";

describe("figures", () => {
  it("hold the median of their samples against the floor", () => {
    expect(figure("no-op-up", [14, 40, 15])).toMatchObject({ value: 15, met: true });
    expect(figure("no-op-up", [15.1])).toMatchObject({ met: false });
    expect(figure("request-ratio", [79.9])).toMatchObject({ met: false });
    expect(figure("request-ratio", [80])).toMatchObject({ met: true });
  });

  it("have no verdict where there is no floor", () => {
    expect(figure("first-up", [400])).not.toHaveProperty("met");
  });

  it("are missed only where a floor is", () => {
    const figures = [figure("preview", [11]), figure("preview-engine", [99]), figure("added-p50", [-2])];
    expect(missed(figures).map(({ id }) => id)).toEqual(["preview"]);
  });

  it("keep the floors of the design", () => {
    const floors = Object.fromEntries(
      Object.entries(KINDS).flatMap(([id, { floor }]) =>
        floor ? [[id, `${floor.kind} ${floor.limit}`]] : [],
      ),
    );
    expect(floors).toMatchObject({
      "first-up-healthy": "at most 90",
      "restart-healthy": "at most 90",
      "no-op-up": "at most 15",
      preview: "at most 10",
      "request-ratio": "at least 80",
      "added-p50": "at most 5",
      "upload-ratio": "at least 90",
      "download-ratio": "at least 90",
    });
    expect(meets(90, { kind: "at least", limit: 90 })).toBe(true);
  });
});

describe("work per team", () => {
  it("is constant when time grows with the number of teams", () => {
    // 2 s, and 0.1 s for each team.
    const figures = teamFigures(2.2, 7.1, [12]);
    expect(figures.find(({ id }) => id === "per-team")?.value).toBeCloseTo(100);
    expect(figures.find(({ id }) => id === "per-team-growth")).toMatchObject({ met: true });
  });

  it("is not when time grows with its square", () => {
    const square = (teams: number): number => teams ** 2 / 1000;
    const growth = teamFigures(square(2), square(51), [square(100)]).find(
      ({ id }) => id === "per-team-growth",
    );
    expect(growth?.met).toBe(false);
    expect(growth?.value).toBeCloseTo(2.85, 1);
  });
});

describe("the report", () => {
  it("has one line per figure, with mark, value, floor and spread", () => {
    const [, up = "", engine = ""] = figuresTable([
      figure("no-op-up", [9, 8, 10]),
      figure("no-op-up-engine", [6]),
    ]).split("\n");
    expect(up).toMatch(/✓.*`up` without changes.*9\.00 s.*≤ 15 s.*3: 8\.00 – 10\.0/);
    expect(engine).toMatch(/^\s+of that, the engine\s+6\.00 s\s+1/);
    expect(figuresTable([figure("no-op-up", [16])])).toContain("✗");
  });

  it("says nothing of servers that were not measured", () => {
    expect(serversTable({ requests: [], artifacts: [] })).toBe("");
  });

  it("names each server with its figures", () => {
    const text = serversTable({
      requests: [],
      artifacts: [{ name: "platform", upload: 61.25, download: 123.4 }],
    });
    expect(text).toMatch(/platform\s+61\.3\s+123/);
  });

  it.each([
    [0.123, "0.12"],
    [12.34, "12.3"],
    [123.4, "123"],
    [-20.55, "-20.6"],
  ])("writes %d as %s", (value, text) => {
    expect(number(value)).toBe(text);
  });
});
