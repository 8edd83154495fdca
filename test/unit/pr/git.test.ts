import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import execa from "execa";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { fileAt, findBase, head, isNew } from "../../../cli/pr/git";

const place = vi.hoisted(() => ({ folder: "" }));
vi.mock("../../../cli/paths", () => ({
  get checkout() {
    return place.folder;
  },
}));
const folder = mkdtempSync(join(tmpdir(), "mlflow-platform-git-"));
place.folder = folder;

async function git(...args: string[]): Promise<string> {
  const who = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
  return (await execa("git", [...who, ...args], { cwd: folder })).stdout;
}

beforeAll(async () => {
  await git("init", "--quiet", "--initial-branch=main");
  mkdirSync(join(folder, "policy"));
  writeFileSync(join(folder, "policy", "a.yaml"), "one\n");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "first");
  await git("checkout", "--quiet", "-b", "change");
  writeFileSync(join(folder, "policy", "a.yaml"), "two\n");
  writeFileSync(join(folder, "Pulumi.new.yaml"), "");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "second");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

describe("where a change begins", () => {
  it("is the last commit that it shares with its base, found by the usual names", async () => {
    const first = await git("rev-parse", "main");
    expect(await findBase()).toEqual({ name: "main", commit: first });
    expect(await findBase("main")).toEqual({ name: "main", commit: first });
    expect((await head())?.length).toBe(12);
  });
  it("is what the pull request says, and nothing else", async () => {
    vi.stubEnv("GITHUB_BASE_REF", "gone");
    expect(await findBase()).toBeUndefined();
    await git("update-ref", "refs/remotes/origin/gone", "main");
    expect((await findBase())?.name).toBe("origin/gone");
  });
  it("is an error where it was asked for and is not there", async () => {
    await expect(findBase("no-such-branch")).rejects.toMatchObject({ exitCode: 2 });
    // No flag of git.
    await expect(findBase("--all")).rejects.toMatchObject({ exitCode: 2 });
  });
  it("tells what was there, and what is new", async () => {
    const { commit = "" } = (await findBase("main")) ?? {};
    expect(await fileAt(commit, "policy/a.yaml")).toBe("one");
    expect(await fileAt(commit, "Pulumi.new.yaml")).toBeUndefined();
    expect(await isNew(commit, "Pulumi.new.yaml")).toBe(true);
    expect(await isNew(commit, "policy/a.yaml")).toBe(false);
  });
});
