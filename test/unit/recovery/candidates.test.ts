import type { EngineEvent } from "@pulumi/pulumi/automation";
import { describe, expect, it } from "vitest";
import { FailedCreates, fromPending } from "../../../cli/engine/recovery/candidates";
import { pending, resource, stateOf, urnOf } from "./state";

const ROLE = "postgresql:index/role:Role";
const role = resource(ROLE, "role", { inputs: { name: "mlflow" } });

describe("fromPending", () => {
  it("gives what was being created, with the provider's URN", () => {
    expect(fromPending(stateOf([], [pending("creating", role)]))).toEqual([
      {
        urn: role.urn,
        type: ROLE,
        inputs: { name: "mlflow" },
        parent: urnOf("component", "parent"),
        provider: urnOf("provider", "provider"),
      },
    ]);
  });

  it("passes over other operations, and what is recorded by now", () => {
    const others = ["updating", "deleting", "reading", "importing"].map((type) => pending(type, role));
    expect(fromPending(stateOf([], others))).toEqual([]);
    expect(fromPending(stateOf([role], [pending("creating", role)]))).toEqual([]);
  });
});

describe("FailedCreates", () => {
  const event = (
    kind: "resourcePreEvent" | "resOutputsEvent" | "resOpFailedEvent",
    op: string,
    name: string,
  ) =>
    ({
      [kind]: {
        metadata: {
          op,
          urn: urnOf(ROLE, name),
          type: ROLE,
          provider: `${urnOf("provider", "provider")}::id`,
          ...(kind === "resourcePreEvent" ? { new: { ...role, urn: urnOf(ROLE, name) } } : {}),
        },
      },
    }) as unknown as EngineEvent;

  it("gathers what could not be created", () => {
    const failed = new FailedCreates();
    failed.accept(event("resourcePreEvent", "create", "a"));
    failed.accept(event("resourcePreEvent", "create", "b"));
    failed.accept(event("resOpFailedEvent", "create", "b"));
    failed.accept(event("resOutputsEvent", "create", "a"));
    expect(failed.candidates().map(({ urn }) => urn)).toEqual([urnOf(ROLE, "b")]);
    expect(failed.candidates()[0]).toMatchObject({
      provider: urnOf("provider", "provider"),
      inputs: { name: "mlflow" },
    });
  });

  it("passes over failed updates, replacements and deletions", () => {
    const failed = new FailedCreates();
    for (const op of ["update", "create-replacement", "delete", "same"]) {
      failed.accept(event("resourcePreEvent", op, op));
      failed.accept(event("resOpFailedEvent", op, op));
    }
    expect(failed.candidates()).toEqual([]);
  });
});
