import { describe, expect, it } from "vitest";
import { isAlive, isSelf, parseStat, self } from "../../../cli/engine/recovery/process";

describe("parseStat", () => {
  it("reads name, state and start", () => {
    const fields = Array.from({ length: 49 }, (_, index) => String(index + 4));
    expect(parseStat(`12 (pulumi) S ${fields.join(" ")}\n`)).toEqual({
      command: "pulumi",
      state: "S",
      started: "22",
    });
  });

  it("is not misled by a name with spaces and parentheses", () => {
    const fields = Array.from({ length: 49 }, () => "7");
    expect(parseStat(`12 (a) b (c) Z ${fields.join(" ")}`)).toEqual({
      command: "a) b (c",
      state: "Z",
      started: "7",
    });
  });

  it.each(["", "12 (pulumi", "12 (pulumi) S 1 2"])("gives nothing for %j", (line) => {
    expect(parseStat(line)).toBeUndefined();
  });
});

describe("isAlive", () => {
  it("knows this process from another one of the same number", () => {
    expect(isAlive(self())).toBe(true);
    expect(isSelf(self())).toBe(true);
    const earlier = { ...self(), started: "1" };
    expect(isAlive(earlier)).toBe(false);
    expect(isSelf(earlier)).toBe(false);
  });
});
