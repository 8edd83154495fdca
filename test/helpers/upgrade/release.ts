import { readFileSync } from "node:fs";
import { join } from "node:path";
import execa from "execa";
import { z } from "zod";
import { checkout } from "../../../cli/paths";

/** What `record.ts` writes at a release. */
export const FIXTURE = join(checkout, "test", "helpers", "upgrade", "released.json");

const fixtureSchema = z.object({
  release: z.object({ version: z.string(), commit: z.string() }),
  resources: z.record(
    z.string(),
    z.object({ modes: z.string(), fixed: z.record(z.string(), z.unknown()).default({}) }),
  ),
});

/** A release: its version and the commit of it. */
export type Release = z.output<typeof fixtureSchema>["release"];

/** All resources of the last release, by URN, with the ways in (`modes`, by spaces) in which there are such. */
export function released(): z.output<typeof fixtureSchema> {
  return fixtureSchema.parse(JSON.parse(readFileSync(FIXTURE, "utf8")));
}

/**
 * The last release before this commit: the newest tag `v*` that leads to it. Before there is a tag, the release of
 * the fixture.
 */
export async function lastRelease(): Promise<Release> {
  // A tag on this very commit is the release that is being tested.
  const tags = await git(
    "tag",
    "--merged",
    "HEAD",
    "--no-contains",
    "HEAD",
    "--list",
    "v*",
    "--sort=-v:refname",
  );
  const [version] = tags.split("\n").filter((tag) => tag !== "");
  return version === undefined
    ? released().release
    : { version, commit: await git("rev-parse", `${version}^{commit}`) };
}

/**
 * Runs git in this checkout.
 *
 * @returns what it wrote, without the line's end; nothing where it failed, such as outside of a clone
 */
export async function git(...args: string[]): Promise<string> {
  const { exitCode, stdout } = await execa("git", args, { cwd: checkout, reject: false });
  return exitCode === 0 ? stdout.trim() : "";
}
