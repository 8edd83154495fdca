import { describe, expect, it } from "vitest";
import {
  Progress,
  type Summary,
  changedCount,
  changesInWords,
  combined,
  nameOf,
} from "../../../cli/engine/progress";
import { begins, ends, fails, says, sums, urn } from "./events";
import { BUILD_FAILED, NO_ENGINE, PORT_TAKEN, UNHEALTHY } from "./messages";

/** A progress whose clock is set by hand, in seconds. */
function progressAt(): { progress: Progress; at: (seconds: number) => void } {
  let now = 0;
  return { progress: new Progress(() => now * 1000), at: (seconds) => (now = seconds) };
}

describe("the line about what is under way", () => {
  it("says what is done when nothing is", () => {
    expect(new Progress().line()).toBe("0 done");
  });

  it("names what is waited for, the longest first, with seconds", () => {
    const { progress, at } = progressAt();
    progress.accept(begins("create", "postgres-container"));
    at(5);
    progress.accept(begins("update", "nginx-container"));
    at(12);
    expect(progress.line()).toBe("0 done; creating postgres-container 12 s, updating nginx-container 7 s");
  });

  it("names three at most and counts the rest", () => {
    const { progress } = progressAt();
    for (const name of ["a", "b", "c", "d", "e"]) progress.accept(begins("create", name));
    expect(progress.line()).toBe("0 done; creating a 0 s, creating b 0 s, creating c 0 s and 2 more");
  });

  it("counts what has ended and forgets what has failed", () => {
    const { progress } = progressAt();
    for (const name of ["a", "b"]) progress.accept(begins("create", name));
    progress.accept(ends("create", "a"));
    progress.accept(fails("create", "b"));
    expect(progress.line()).toBe("1 done");
  });

  it.each([
    ["replace", "replacing x"],
    ["create-replacement", "creating x"],
    ["delete-replaced", "removing the old x"],
    ["delete", "removing x"],
    ["import", "adopting x"],
    ["refresh", "reading x"],
  ])("calls %s `%s`", (op, words) => {
    const { progress } = progressAt();
    progress.accept(begins(op, "x"));
    expect(progress.line()).toBe(`0 done; ${words} 0 s`);
  });

  it("says nothing of what stays the same, nor of components", () => {
    const { progress } = progressAt();
    progress.accept(begins("same", "a"));
    progress.accept(begins("create", "postgres", "mlflow-platform:postgres:Postgres"));
    progress.accept(begins("create", "trial-t", "pulumi:pulumi:Stack"));
    progress.accept(ends("same", "a"));
    expect(progress.line()).toBe("0 done");
    expect(progress.summary().changed).toEqual([]);
  });
});

describe("a run that waits for nothing", () => {
  it("is one in which something failed and nothing has been under way since", () => {
    const { progress, at } = progressAt();
    progress.accept(begins("update", "a"));
    progress.accept(begins("update", "b"));
    at(50);
    expect(progress.stalled()).toBe(0);
    progress.accept(fails("update", "a"));
    at(100);
    // Another one is still at work.
    expect(progress.stalled()).toBe(0);
    progress.accept(ends("update", "b"));
    at(120);
    expect(progress.stalled()).toBe(20_000);
    progress.accept(begins("create", "c"));
    expect(progress.stalled()).toBe(0);
  });

  it("is none without a failure, however long the program thinks", () => {
    const { progress, at } = progressAt();
    progress.accept(begins("update", "a"));
    progress.accept(ends("update", "a"));
    at(500);
    expect(progress.stalled()).toBe(0);
  });
});

describe("the summary", () => {
  it("lists a replacement once, with what made it one, whatever steps the engine takes", () => {
    const progress = new Progress();
    progress.accept(begins("delete-replaced", "a"));
    progress.accept(ends("delete-replaced", "a"));
    progress.accept(begins("replace", "a", undefined, ["command", "image"]));
    progress.accept(ends("replace", "a"));
    progress.accept(begins("create-replacement", "a", undefined, ["command", "image"]));
    progress.accept(ends("create-replacement", "a"));
    progress.accept(sums({ replace: 1, same: 3 }));
    expect(progress.summary()).toEqual({
      changes: { replace: 1, same: 3 },
      changed: ["replace a (command, image)"],
      errors: [],
      removedTeams: [],
      findings: [],
    });
    expect(changedCount(progress.summary())).toBe(1);
  });

  it.each([
    ["a taken port", PORT_TAKEN],
    ["an unhealthy container", UNHEALTHY],
    ["a failed build", BUILD_FAILED],
    ["an engine that does not answer", NO_ENGINE],
  ])("gives %s once, in the provider's words without their wrapping", (_what, { log, error, plain }) => {
    const progress = new Progress();
    progress.accept(says(log, urn("a")));
    progress.accept(says(error, urn("a")));
    progress.accept(says("update failed\n"));
    expect(progress.summary().errors).toEqual([`a: ${plain}`]);
  });

  it("keeps errors of different resources apart, and passes warnings over", () => {
    const progress = new Progress();
    progress.accept(says("boom", urn("a")));
    progress.accept(says("boom", urn("b")));
    progress.accept(says("the program said so"));
    progress.accept(says("mind the gap", urn("a"), "warning"));
    progress.accept(says("preview failed"));
    expect(progress.summary().errors).toEqual(["a: boom", "b: boom", "the program said so"]);
  });
});

describe("changes in words", () => {
  const summary = (changes: Readonly<Record<string, number>>) => ({
    changes,
    changed: [],
    errors: [],
    removedTeams: [],
    findings: [],
  });

  it.each([
    [{ create: 137 }, "137 created"],
    [{ same: 80, create: 3, update: 1 }, "3 created, 1 updated, 80 unchanged"],
    [{ replace: 2, delete: 1 }, "2 replaced, 1 removed"],
    [{}, "no resources"],
    [{ create: 0 }, "no resources"],
  ])("%j: %s", (changes, words) => {
    expect(changesInWords(summary(changes))).toBe(words);
  });

  it("of a preview are what is to come", () => {
    expect(changesInWords(summary({ create: 1, delete: 2, same: 3 }), true)).toBe(
      "1 to create, 2 to remove, 3 unchanged",
    );
  });

  it("count what changes, not what stays or is only read", () => {
    expect(changedCount(summary({ create: 1, update: 2, replace: 3, delete: 4, same: 50, read: 6 }))).toBe(
      10,
    );
  });

  it("of several rounds are added up; what an earlier round changed is not unchanged", () => {
    const rounds: Summary[] = [
      {
        changes: { create: 5, same: 10 },
        changed: ["create a"],
        errors: ["a: exists"],
        removedTeams: [],
        findings: [],
      },
      {
        changes: { import: 1, update: 1, same: 14 },
        changed: ["import a", "create a"],
        errors: [],
        removedTeams: [],
        findings: [],
      },
    ];
    expect(combined(rounds)).toEqual({
      changes: { create: 5, import: 1, update: 1, same: 9 },
      changed: ["create a", "import a"],
      errors: [],
      removedTeams: [],
      findings: [],
    });
  });
});

it("takes the name from the end of a URN", () => {
  expect(nameOf(urn("postgres-container"))).toBe("postgres-container");
  expect(nameOf("odd")).toBe("odd");
});
