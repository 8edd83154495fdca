import { describe, expect, it } from "vitest";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../../cli/paths";
import { Judge, inWords, judge } from "../../policy/judge";
import { UNKNOWN } from "../../policy/values";
import { type Waiver, WaiverError, dayOf, parseWaivers } from "../../policy/waivers";
import { PROD, container } from "./fixtures";

const TODAY = "2027-05-10";
const GOOD: Waiver = {
  rule: "published-ports",
  stack: "prod",
  resource: "mlflow-container",
  reason: "The load test of May.",
  until: "2027-05-31",
};

const yaml = (...waivers: object[]): string => JSON.stringify(waivers);

function faults(text: string): readonly string[] {
  try {
    parseWaivers(text, TODAY);
    return [];
  } catch (error) {
    if (error instanceof WaiverError) return error.faults;
    throw error;
  }
}

describe("the file of waivers", () => {
  it("of this checkout is right", () => {
    const text = readFileSync(join(checkout, "policy", "waivers.yaml"), "utf8");
    expect(() => parseWaivers(text, dayOf(new Date()))).not.toThrow();
  });

  it("may be empty, and gives what it says", () => {
    expect(parseWaivers("", TODAY)).toEqual([]);
    expect(parseWaivers("[]", TODAY)).toEqual([]);
    expect(parseWaivers(yaml(GOOD), TODAY)).toEqual([GOOD]);
    expect(
      parseWaivers("- {rule: tls, stack: a, resource: b, reason: because of that, until: 2027-05-31}", TODAY),
    ).toEqual([{ rule: "tls", stack: "a", resource: "b", reason: "because of that", until: "2027-05-31" }]);
  });

  it("has all its faults told at once", () => {
    const text = yaml(
      { ...GOOD, rule: "no-such-rule", until: "2027-02-30" },
      { ...GOOD, resource: "*", reason: "short", more: 1 },
      { rule: "tls" },
    );
    const told = faults(text);
    for (const part of [
      "[0].rule: there is no rule of that name",
      "[0].until: no day of the calendar",
      "[1].resource: a pattern",
      "[1].reason: too short",
      "[1]: Unrecognized key",
      "[2].stack: missing",
      "[2].until: missing",
    ]) {
      expect(told.join("\n")).toContain(part);
    }
  });

  it.each([
    ["no list", "rule: x"],
    ["no YAML", "- {"],
    ["a day in words", yaml({ ...GOOD, until: "next May" })],
    ["more than a year", yaml({ ...GOOD, until: "2029-01-01" })],
    ["the same twice", yaml(GOOD, { ...GOOD, until: "2027-05-12" })],
    ["an empty resource", yaml({ ...GOOD, resource: "  " })],
  ])("is not right with %s", (_, text) => {
    expect(faults(text)).toHaveLength(1);
  });

  it("is right with a waiver that has ended: that is told where it would be of use", () => {
    expect(faults(yaml({ ...GOOD, until: "2027-01-01" }))).toEqual([]);
  });
});

describe("a waiver", () => {
  const open = container({ ports: [{ internal: 5000, external: 5000 }] }, { name: "mlflow-container" });

  it("covers its rule on its resource in its stack, to the end of its last day", () => {
    const verdict = judge([open], PROD, [GOOD], GOOD.until);
    expect([verdict.violations, verdict.waiverFaults]).toEqual([[], []]);
    expect(verdict.waived.map((violation) => inWords(violation, "prod"))).toEqual([
      "port 5000 is published on all addresses (waived until 2027-05-31: The load test of May.)",
    ]);
  });

  it.each([
    ["another rule", { rule: "tls" }],
    ["another stack", { stack: "dev" }],
    ["another resource", { resource: "mlflow" }],
    ["a past day", { until: "2027-05-09" }],
  ])("does not cover with %s", (_, change) => {
    const { violations, waived } = judge([open], PROD, [{ ...GOOD, ...change }], TODAY);
    expect([violations.length, waived.length]).toEqual([1, 0]);
    expect(inWords(violations[0] ?? expect.fail("no violation"), "prod")).toMatch(
      /Why: .*\nDo: .*\n.*waivers.yaml/,
    );
  });

  it("that has ended is a fault, covered or not", () => {
    for (const resources of [[open], []]) {
      const { waiverFaults } = judge(resources, PROD, [{ ...GOOD, until: "2027-05-09" }], TODAY);
      expect(waiverFaults).toEqual([expect.stringContaining("has ended on 2027-05-09")]);
    }
  });

  it("without a use is a fault, unless its stack is another one or down, or the value is to come", () => {
    const good = container({}, { name: "mlflow-container" });
    expect(judge([good], PROD, [GOOD], TODAY).waiverFaults).toEqual([
      expect.stringContaining("is of no use"),
    ]);
    expect(judge([good], { ...PROD, name: "dev" }, [GOOD], TODAY).waiverFaults).toEqual([]);
    expect(judge([], { ...PROD, running: false }, [GOOD], TODAY).waiverFaults).toEqual([]);
    const later = container({ ports: [{ internal: 1, ip: UNKNOWN }] }, { name: "mlflow-container" });
    expect(judge([later], PROD, [GOOD], TODAY).waiverFaults).toEqual([]);
  });

  it("is of use as soon as one violation needed it", () => {
    const own = new Judge(PROD, [GOOD], TODAY);
    expect(own.waiverFaults()).toHaveLength(1);
    expect(own.check(open)).toHaveLength(1);
    expect(own.waiverFaults()).toEqual([]);
  });
});
