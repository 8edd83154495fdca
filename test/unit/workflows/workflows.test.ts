import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { checkout } from "../../../cli/paths";

const FOLDER = join(checkout, ".github", "workflows");

const stepSchema = z.looseObject({
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  env: z.record(z.string(), z.unknown()).optional(),
});
const jobSchema = z.looseObject({
  if: z.string().optional(),
  permissions: z.record(z.string(), z.string()).optional(),
  steps: z.array(stepSchema),
  "timeout-minutes": z.number(),
});
const workflowSchema = z.looseObject({
  on: z.record(z.string(), z.unknown()),
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(z.string(), jobSchema),
});

const workflows = readdirSync(FOLDER).map((name) => {
  const text = readFileSync(join(FOLDER, name), "utf8");
  return { ...workflowSchema.parse(parse(text)), name, text };
});
const jobs = workflows.flatMap(({ name, on, jobs: all }) =>
  Object.entries(all).map(([job, rest]) => ({ where: `${name}: ${job}`, on, ...rest })),
);
const { scripts } = z
  .looseObject({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")));

/** Branches of this repository only: nobody from outside can start such a job. */
const OWN = "github.event.pull_request.head.repo.full_name == github.repository";

describe("the workflows", () => {
  it("are there", () => expect(workflows.map(({ name }) => name)).toContain("pr-check.yml"));

  it("use actions by commit, with the version as a comment", () => {
    for (const { name, text } of workflows) {
      for (const line of text.split("\n").filter((some) => /^\s*(- )?uses:/.test(some))) {
        expect(line, name).toMatch(/uses: [\w.-]+\/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      }
    }
  });

  it("use one commit of each action", () => {
    const used = new Set(jobs.flatMap(({ steps }) => steps.flatMap(({ uses }) => uses ?? [])));
    expect(used.size).toBeGreaterThan(2);
    expect(new Set([...used].map((uses) => uses.split("@")[0])).size).toBe(used.size);
  });

  it("may do nothing but what a job says, and no job may do everything", () => {
    for (const { name, permissions } of workflows) expect(permissions, name).toEqual({});
    for (const { where, permissions } of jobs) {
      expect(permissions, where).toBeDefined();
      expect(Object.keys(permissions ?? {}), where).not.toContain("id-token");
    }
  });

  it("never run code of others with rights: not by pull_request_target, nor in a job that may write", () => {
    for (const { name, on } of workflows) {
      expect(Object.keys(on), name).not.toContain("pull_request_target");
      expect(Object.keys(on), name).not.toContain("workflow_run");
    }
    for (const { where, on, permissions = {}, steps } of jobs.filter((job) => "pull_request" in job.on)) {
      if (!Object.values(permissions).includes("write")) continue;
      expect(Object.keys(on), where).toContain("pull_request");
      expect(
        steps.filter(
          ({ uses, run }) => uses?.startsWith("actions/checkout") === true || /\bnp[mx]\b/.test(run ?? ""),
        ),
        where,
      ).toEqual([]);
    }
  });

  it("give no secret to what a fork can start, and none on a command line", () => {
    for (const { where, on, if: condition = "", steps } of jobs) {
      const secret = steps.filter((step) => /\bsecrets\b/.test(JSON.stringify(step)));
      if ("pull_request" in on && secret.length > 0) expect(condition, where).toBe(OWN);
      for (const { run = "" } of steps) {
        // An expression in a script is text that somebody else may write.
        expect(run, where).not.toMatch(/\$\{\{/);
      }
    }
  });

  it("install packages before any secret is there: their programs are others' code", () => {
    for (const { where, steps } of jobs) {
      const first = steps.findIndex((step) => /\bsecrets\./.test(JSON.stringify(step)));
      if (first < 0) continue;
      const installed = steps.slice(0, first).some(({ run }) => run === "npm ci");
      expect(installed, where).toBe(true);
    }
  });

  it("keep no credentials in the checkout", () => {
    for (const { where, steps } of jobs) {
      for (const step of steps.filter(({ uses }) => uses?.startsWith("actions/checkout"))) {
        expect(step.with?.["persist-credentials"], where).toBe(false);
      }
    }
  });

  it("call commands of this project that exist", () => {
    const called = jobs.flatMap(({ steps }) =>
      steps.flatMap(({ run = "" }) =>
        [...run.matchAll(/\bnpm run (?:-s )?([\w:-]+)/g)].map(([, script]) => script),
      ),
    );
    expect(called).toContain("pr-check");
    for (const script of called) expect(Object.keys(scripts)).toContain(script);
  });

  it("check only the newest commit of a pull request", () => {
    const check = parse(workflows.find(({ name }) => name === "pr-check.yml")?.text ?? "") as {
      concurrency: { group: string; "cancel-in-progress": boolean };
    };
    expect(check.concurrency["cancel-in-progress"]).toBe(true);
    expect(check.concurrency.group).toContain("pull_request.number");
  });
});
