import { describe, expect, it } from "vitest";
import { findingOf, findingsInWords } from "../../../cli/engine/policy";
import { Progress } from "../../../cli/engine/progress";
import { commandOf, takeStack, withFlags } from "../../../cli/engine/pulumiArgs";
import { judges } from "./events";

describe("command lines of the Pulumi CLI", () => {
  it.each([
    [["up"], "up"],
    [["--color", "never", "up", "--yes"], "up"],
    [["--color=never", "-v", "3", "--non-interactive", "up"], "up"],
    [["--message", "hello", "up", "--yes"], "up"],
    [["--otel-traces", "file:///tmp/x", "up"], "up"],
    [["--policy-pack-config", "x.json", "up"], "up"],
    [["-v3", "-e", "up"], "up"],
    // The CLI takes it for the value of a flag, and shows its help.
    [["--yes", "up"], ""],
    [["--", "up"], ""],
    [["-C", "up", "preview"], "preview"],
    [["update"], "up"],
    [["pre"], "preview"],
    [["watch"], "watch"],
    [["stack", "output", "up"], "stack"],
    [["--help"], ""],
    [[], ""],
  ])("%j: the command is %j", (args, command) => {
    expect(commandOf(args)).toBe(command);
  });

  it("take flags right behind the command", () => {
    expect(withFlags(["-e", "up", "--", "x"], ["--policy-pack", "p"])).toEqual([
      ...["-e", "up", "--policy-pack", "p", "--", "x"],
    ]);
    expect(withFlags(["--help"], ["--policy-pack", "p"])).toEqual(["--help"]);
  });

  it.each([
    [["up", "--stack", "x"], "x", ["up"]],
    [["up", "--stack=x", "--yes"], "x", ["up", "--yes"]],
    [["-s", "x", "up"], "x", ["up"]],
    [["-sx", "up"], "x", ["up"]],
    [["-s=x", "up"], "x", ["up"]],
    [["up", "-s", "a", "--stack=b"], "b", ["up"]],
    [["up"], undefined, ["up"]],
    [["config", "set", "a", "--", "-s"], undefined, ["config", "set", "a", "--", "-s"]],
  ])("%j: the stack is %j", (args, stack, rest) => {
    expect(takeStack(args)).toEqual({ stack, rest });
  });
});

describe("what the policy says", () => {
  const event = judges("limits", "postgres-container", "<{%reset%}>it has no limit\nWhy: x<{%reset%}>\n");

  it("is taken from its events", () => {
    expect(findingOf(event)).toEqual({
      rule: "limits",
      resource: "postgres-container",
      lines: ["it has no limit", "Why: x"],
      refused: true,
    });
    expect(findingOf(judges("limits", "a", "b", "warning"))?.refused).toBe(false);
  });

  it("is in the summary once, however often it is said", () => {
    const progress = new Progress();
    progress.accept(event);
    progress.accept({ ...event, sequence: event.sequence + 1 });
    expect(progress.summary().findings).toHaveLength(1);
  });

  it("is said once for many resources", () => {
    const names = ["a", "b", "c", "d", "e", "f", "g"];
    const findings = names.flatMap(
      (name) => findingOf(judges("limits", name, "it has no limit\nWhy: x")) ?? [],
    );
    expect(findingsInWords(findings)).toBe("limits: a, b, c, d, e and 2 more\n  it has no limit\n  Why: x");
  });
});
