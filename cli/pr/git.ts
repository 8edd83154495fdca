import execa from "execa";
import { UserError } from "../errors";
import { checkout } from "../paths";

/** Where the change under review begins. */
export interface Base {
  /** As people know it, such as `origin/main`. */
  readonly name: string;
  /** Commit that both have in common, in full. */
  readonly commit: string;
}

/** Names that the base may have, where nobody says it. */
const USUAL = ["origin/HEAD", "origin/main", "origin/master", "main", "master"];

/**
 * Where the change under review begins: the last commit that it shares with its base.
 *
 * @param asked - name of the base. @default what the pull request says (GITHUB_BASE_REF), else the usual names
 * @returns undefined when there is no history to compare with
 * @throws UserError with exit code 2 when the base that was asked for is not there
 */
export async function findBase(asked?: string): Promise<Base | undefined> {
  const target = process.env["GITHUB_BASE_REF"];
  const names = asked !== undefined ? [asked] : target ? [`origin/${target}`] : USUAL;
  for (const name of names) {
    // A name that begins with a dash is a name, and no flag.
    const commit = await git(["merge-base", "--", "HEAD", `${name}^{commit}`]);
    if (commit !== undefined && commit !== "") return { name, commit };
  }
  if (asked === undefined) return undefined;
  throw new UserError(
    `This clone has no commit in common with ${asked}, so what the change adds cannot be told.`,
    `Fetch it with its history (git fetch --unshallow, git fetch origin), or name another: npm run pr-check -- --base REF`,
    2,
  );
}

/**
 * The commit that people know the change by, short: `PR_CHECK_COMMIT`, where a merge of it is checked out, else the one
 * that is; undefined outside of a repository.
 */
export async function head(): Promise<string | undefined> {
  const said = process.env["PR_CHECK_COMMIT"];
  return said ? said.slice(0, 12) : git(["rev-parse", "--short=12", "HEAD"]);
}

/** A file as it was; undefined when it was not there. @param path - from the root of the repository */
export function fileAt(commit: string, path: string): Promise<string | undefined> {
  return git(["show", `${commit}:${path}`]);
}

/** Whether a file is no part of a commit. */
export async function isNew(commit: string, path: string): Promise<boolean> {
  const found = await git(["ls-tree", "--name-only", commit, "--", path]);
  return found === "";
}

/** What git says; undefined when it fails, or is not installed. */
async function git(args: readonly string[]): Promise<string | undefined> {
  // What git's own hooks set would lead to another repository.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^GIT_(DIR|WORK_TREE|INDEX_FILE|PREFIX)$/.test(name)),
  );
  const { exitCode, stdout, failed } = await execa("git", [...args], {
    cwd: checkout,
    env,
    extendEnv: false,
    reject: false,
    stdin: "ignore",
  });
  return failed || exitCode !== 0 ? undefined : stdout;
}
