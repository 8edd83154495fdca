import { describe, expect, it } from "vitest";
import { ALLOWED, REFUSED, expectedOf } from "../../helpers/matrix/expectations";
import { op } from "../../helpers/matrix/operations/define";
import { NOT_APPLICABLE, OPERATIONS } from "../../helpers/matrix/operations";
import { tableOf } from "../../helpers/matrix/report";
import { addressesOf, nameOf, uncovered } from "../../helpers/matrix/routes";
import { faultOf } from "../../helpers/matrix/runner";
import { KINDS, ROLES, type Outcome, type WireAnswer } from "../../helpers/matrix/types";
import type { Wire } from "../../helpers/matrix/wire";

const answering = (answer: Partial<WireAnswer>): Wire =>
  ({ send: async () => ({ status: 200, location: undefined, text: "", ...answer }) }) as unknown as Wire;
const cell = (expected: Outcome) => ({
  identity: "somebody",
  operation: "something",
  expected,
  request: { method: "GET", path: "/x", headers: [["Authorization", "Bearer secret"]] as const },
});

describe("a cell", () => {
  it.each([
    [REFUSED, { status: 403 }, false],
    [REFUSED, { status: 200 }, true],
    [REFUSED, { status: 500 }, true],
    [REFUSED, { status: 403, text: "no canary here" }, true],
    [ALLOWED, { status: 200, text: "a canary" }, false],
    [ALLOWED, { status: 403 }, true],
    [ALLOWED, { status: 400 }, true],
  ] as const)("expecting %o is wrong when it gets %o: %s", async (expected, answer, wrong) => {
    const fault = await faultOf({ wire: answering(answer), canary: "canary" }, cell(expected));
    expect(fault !== undefined).toBe(wrong);
  });

  it("is let through by a status of its own only where it would be allowed", async () => {
    const world = { wire: answering({ status: 501 }), canary: "canary" };
    expect(await faultOf(world, cell(ALLOWED), [501])).toBeUndefined();
    expect(await faultOf(world, cell(REFUSED), [501])).toBeDefined();
  });

  it("is reported with its request, without its credentials", async () => {
    const fault = await faultOf({ wire: answering({ text: "canary" }), canary: "canary" }, cell(REFUSED));
    const text = tableOf(fault === undefined ? [] : [fault]);
    expect(text).toMatch(/somebody \| something \| expected refused \| got 200 WITH DATA OF A/);
    expect(text).toContain("GET /x");
    expect(text).not.toContain("secret");
  });
});

describe("the tables", () => {
  it("say something of every kind and role", () => {
    for (const kind of KINDS) for (const role of ROLES) expect(expectedOf(kind, role).words).not.toBe("");
    expect(KINDS.filter((kind) => !OPERATIONS.some((one) => one.kind === kind))).toEqual([]);
  });

  it("let nobody from outside do anything, and no reader change anything", () => {
    for (const kind of ["read", "write", "create", "manage", "share", "platform", "blocked"] as const) {
      expect(expectedOf(kind, "outsider")).toBe(REFUSED);
      expect(expectedOf(kind, "stranger").words).not.toBe("allowed");
    }
    for (const kind of ["write", "create", "manage", "share"] as const) {
      expect(expectedOf(kind, "reader")).toBe(REFUSED);
    }
    expect(expectedOf("manage", "member")).toBe(REFUSED);
  });
});

describe("coverage", () => {
  const routes = [
    { method: "GET", path: "/api/2.0/x/{id}" },
    { method: "GET", path: "/ajax-api/2.0/x/{id}" },
    { method: "POST", path: "/new" },
  ];
  const known = op("GET /api/2.0/x/{id}", "read");

  it("takes MLflow's two prefixes for one route with two addresses", () => {
    expect(new Set(routes.map(nameOf)).size).toBe(2);
    expect(addressesOf(routes)(known)).toEqual(["/api/2.0/x/{id}", "/ajax-api/2.0/x/{id}"]);
  });

  it("names routes that no operation covers, and operations without a route", () => {
    expect(uncovered(routes, [known, op("GET /gone", "read")], new Map())).toEqual({
      missing: ["POST /new"],
      stale: ["GET /gone"],
    });
    expect(uncovered(routes, [known], new Map([["POST /new", "reason"]]))).toEqual({
      missing: [],
      stale: [],
    });
  });

  it("gives a reason for whatever has no cells", () => {
    for (const reason of NOT_APPLICABLE.values()) expect(reason).not.toBe("");
  });
});
