import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { checkout } from "../../../cli/paths";

const schema = z.object({
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(
    z.string(),
    z.object({
      permissions: z.record(z.string(), z.string()),
      steps: z.array(z.object({ uses: z.string().optional(), run: z.string().optional() })),
    }),
  ),
});
const text = readFileSync(join(checkout, ".github/workflows/drift.yml"), "utf8");
const { permissions, jobs } = schema.parse(parse(text));
const steps = Object.values(jobs).flatMap((job) => job.steps);
const scripts = (
  JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")) as { scripts: Record<string, string> }
).scripts;

describe("the scheduled comparison", () => {
  it("may do nothing but what each job asks for, and the one with secrets only reads", () => {
    expect(permissions).toEqual({});
    expect(jobs["compare"]?.permissions).toEqual({ contents: "read" });
    expect(jobs["issue"]?.permissions).toEqual({ issues: "write" });
  });

  it("uses actions of one commit each", () => {
    const uses = steps.flatMap((step) => step.uses ?? []);
    expect(uses.length).toBeGreaterThan(0);
    for (const action of uses) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
  });

  it("calls commands that there are", () => {
    const called = steps.flatMap(({ run = "" }) =>
      [...run.matchAll(/npm run (?:-s )?([\w:-]+)/g)].map(([, script]) => script),
    );
    expect(called).toEqual(["drift"]);
    expect(Object.keys(scripts)).toContain("drift");
  });

  it("puts no expression into a script, where its value would be code", () => {
    for (const { run = "" } of steps) expect(run).not.toContain("${{");
  });
});
