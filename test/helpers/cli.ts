import { join } from "node:path";
import execa from "execa";
import { checkout } from "../../cli/paths";

/** How a run of the CLI ended. */
export interface CliResult {
  readonly exitCode: number;
  /** Standard output and error as they came. */
  readonly output: string;
}

/**
 * Runs a verb as `npm run` does.
 *
 * @param args - verb and its options
 * @param env - additions to the environment
 * @param cwd - the checkout to run. @default this one
 */
export async function cli(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string = checkout,
): Promise<CliResult> {
  const { exitCode, all } = await execa("node", [join(cwd, "bin", "run.mjs"), ...args], {
    cwd,
    env: { ...env },
    all: true,
    reject: false,
    stdin: "ignore",
  });
  return { exitCode, output: all ?? "" };
}
