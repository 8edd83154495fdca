import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import execa from "execa";
import { checkout } from "../../../cli/paths";
import { cli } from "../../helpers/cli";
import { type Release, git } from "../../helpers/upgrade/release";

/** The program of a release in a folder of its own, run by its own CLI. */
export interface ReleasedProgram {
  /** Runs a verb of it that has to succeed. @returns what it printed */
  run(...args: string[]): Promise<string>;
  /** Removes the folder. */
  remove(): void;
}

/**
 * Takes the program of a release out of this clone.
 *
 * @throws Error with what to do when the clone does not have it, which is no reason to do without
 */
export async function releasedProgram({ version, commit }: Release): Promise<ReleasedProgram> {
  if ((await git("cat-file", "-t", commit)) !== "commit") {
    throw new Error(
      `The last release, ${version} (${commit}), is not in this clone, so an upgrade from it cannot be tried. ` +
        "Get it with: git fetch --unshallow --tags; in a full clone: git fetch --tags origin",
    );
  }
  const folder = mkdtempSync(join(tmpdir(), "mlflow-platform-release-"));
  const archive = join(folder, "release.tar");
  await execa("git", ["archive", "--output", archive, commit], { cwd: checkout });
  await execa("tar", ["-xf", archive, "-C", folder]);
  rmSync(archive);
  // With other packages it installs its own, as in a fresh clone.
  const lock = (place: string): string => readFileSync(join(place, "package-lock.json"), "utf8");
  if (lock(folder) === lock(checkout))
    symlinkSync(join(checkout, "node_modules"), join(folder, "node_modules"));
  return {
    async run(...args) {
      const { exitCode, output } = await cli(args, {}, folder);
      if (exitCode !== 0)
        throw new Error(`${args.join(" ")} of ${version} ended with exit code ${exitCode}:\n${output}`);
      return output;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
