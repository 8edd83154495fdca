import { describe, expect, it } from "vitest";
import { dangers, reasons } from "../../../lib/pullRequest/gate";
import type { EnvironmentReport } from "../../../lib/pullRequest/report";
import { BUCKET, CONTAINER, VOLUME, change, environment, report } from "./fixtures";

const removed = change("delete", VOLUME, "minio-data");
const confirmation = {
  stack: "prod",
  resource: removed.urn,
  op: "delete" as const,
  reason: "the old store is empty",
  until: "2027-03-01",
};

describe("the gate", () => {
  it("is open for a change that takes no data", () => {
    const harmless = [
      change("create", VOLUME, "new-data"),
      change("update", BUCKET, "b"),
      change("replace", CONTAINER, "c"),
      change("delete", CONTAINER, "d"),
      change("delete", BUCKET, "kept", { kept: true }),
    ];
    expect(reasons(report([environment("prod", harmless)]))).toEqual([]);
    expect(dangers(report([environment("prod", harmless)]))).toEqual([]);
  });
  it.each(["delete", "replace"] as const)("is closed for the %s of data", (op) => {
    const found = reasons(report([environment("prod", [change(op, VOLUME, "minio-data")])]));
    expect(found).toEqual(["1 unconfirmed loss of data"]);
  });
  it("is closed for the replacement of data that the engine would leave: the new one is empty", () => {
    const change_ = change("replace", BUCKET, "b", { kept: false });
    expect(reasons(report([environment("prod", [change_])]))).toHaveLength(1);
  });
  it("is opened by a confirmation of this resource, this operation, this stack", () => {
    const withIt = (changed: object): string[] =>
      reasons(report([environment("prod", [removed])], { confirmations: [{ ...confirmation, ...changed }] }));
    expect(withIt({})).toEqual([]);
    expect(withIt({ stack: "staging" })).toHaveLength(1);
    expect(withIt({ op: "replace" })).toHaveLength(1);
    expect(withIt({ resource: removed.urn.replace("minio", "audit") })).toHaveLength(1);
  });
  it("is closed for every environment on its own", () => {
    const both = report([environment("prod", [removed]), environment("staging", [removed])], {
      confirmations: [confirmation],
    });
    expect(reasons(both)).toEqual(["1 unconfirmed loss of data"]);
  });
  it("is closed when an environment could not be compared, a rule is broken, a suite fails, or a fault is there", () => {
    const failed: EnvironmentReport = {
      ...environment("prod", []),
      look: { kind: "failed", why: "no backend" },
    };
    const judged: EnvironmentReport = {
      ...environment("dev", []),
      look: { kind: "judged", why: "no engine" },
    };
    const violation = { rule: "r", resource: "x", message: "m", mandatory: true };
    expect(reasons(report([failed]))).toEqual(["prod could not be compared with its state"]);
    expect(reasons(report([judged]))).toEqual([]);
    expect(reasons(report([{ ...judged, violations: [violation] }]))).toEqual(["dev breaks the policy (1)"]);
    expect(reasons(report([{ ...judged, violations: [{ ...violation, mandatory: false }] }]))).toEqual([]);
    const suite = { name: "lint", what: "ESLint", passed: 0, failures: ["x"], duration: 1 };
    expect(reasons(report([], { suites: [suite], faults: ["f"] }))).toEqual(["ESLint failed", "f"]);
  });
});
