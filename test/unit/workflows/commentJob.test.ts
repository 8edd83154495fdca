import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import execa from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { checkout } from "../../../cli/paths";
import { MARKER } from "../../../lib/pullRequest/comment";

/** What stands for GitHub: answers by the path asked for, and notes what is written. */
const GH = `#!/usr/bin/env bash
printf '%s\\n' "$*" >> "$WORLD/calls"
case "$*" in
  *--method*) for arg in "$@"; do case "$arg" in body=@*) cp "\${arg#body=@}" "$WORLD/written" ;; esac; done ;;
  *pulls/7*) cat "$WORLD/head" ;;
  *issues/7/comments*) cat "$WORLD/comments" ;;
esac
`;

const { jobs } = parse(readFileSync(join(checkout, ".github", "workflows", "pr-check.yml"), "utf8")) as {
  jobs: { comment: { steps: { run?: string }[] } };
};
const script = jobs.comment.steps.flatMap(({ run }) => run ?? []).join("\n");

let world: string;
beforeEach(() => {
  world = mkdtempSync(join(tmpdir(), "mlflow-platform-gh-"));
  mkdirSync(join(world, "bin"));
  writeFileSync(join(world, "bin", "gh"), GH);
  chmodSync(join(world, "bin", "gh"), 0o755);
  writeFileSync(join(world, "head"), "c0ffee\n");
  writeFileSync(join(world, "comments"), "");
});
afterEach(() => rmSync(world, { recursive: true, force: true }));

/** Runs the step. @returns the calls that write, and the text written */
async function run(comment?: string): Promise<{ writes: string[]; written: string | undefined }> {
  if (comment !== undefined) {
    mkdirSync(join(world, "pr-check"));
    writeFileSync(join(world, "pr-check", "comment.md"), comment);
  }
  await execa("bash", ["-c", script], {
    cwd: world,
    extendEnv: false,
    env: {
      PATH: `${join(world, "bin")}:${process.env["PATH"] ?? ""}`,
      LC_ALL: "C.UTF-8",
      WORLD: world,
      REPOSITORY: "o/r",
      NUMBER: "7",
      COMMIT: "c0ffee",
      RUN: "https://github.com/o/r/actions/runs/1",
    },
  });
  const calls = readFileSync(join(world, "calls"), "utf8").trim().split("\n");
  const file = join(world, "written");
  return {
    writes: calls.filter((call) => call.includes("--method")),
    written: existsSync(file) ? readFileSync(file, "utf8") : undefined,
  };
}

describe("the job that comments", () => {
  it("writes a comment where there is none", async () => {
    const { writes, written } = await run(`${MARKER}\nall well\n`);
    expect(writes).toEqual([
      "api --silent --method POST repos/o/r/issues/7/comments -F body=@pr-check/comment.md",
    ]);
    expect(written).toBe(`${MARKER}\nall well\n`);
  });
  it("writes its own anew", async () => {
    writeFileSync(join(world, "comments"), "4711\n4712\n");
    const { writes } = await run(`${MARKER}\nall well\n`);
    expect(writes).toEqual([
      "api --silent --method PATCH repos/o/r/issues/comments/4711 -F body=@pr-check/comment.md",
    ]);
  });
  it.each([
    ["there is none", undefined],
    ["it is none of ours", "something else"],
    ["it is too long", `${MARKER}\n${"x".repeat(66_000)}`],
  ])("takes back what an older one said when the check has no result: %s", async (_, comment) => {
    writeFileSync(join(world, "comments"), "4711\n");
    const { writes, written } = await run(comment);
    expect(writes[0]).toContain("PATCH");
    expect(written?.startsWith(`${MARKER}\n## ❔ No result`)).toBe(true);
    expect(written).toContain("actions/runs/1");
  });
  it("fails when GitHub does not say which commit is the newest, and leaves no green comment for it", async () => {
    rmSync(join(world, "head"));
    await expect(run(`${MARKER}\nall well\n`)).rejects.toThrow(/exit code 1/);
  });
  it("leaves it to the run of a newer commit", async () => {
    writeFileSync(join(world, "head"), "decade\n");
    expect(await run(`${MARKER}\nold news\n`)).toEqual({ writes: [], written: undefined });
  });
});
