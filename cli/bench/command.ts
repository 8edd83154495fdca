import { join } from "node:path";
import execa from "execa";
import { UserError } from "../errors";
import { checkout } from "../paths";

/** Lines of a command's output that are shown when it fails. */
const TAIL = 15;

/**
 * Runs one command of this CLI as a person would, and times it.
 *
 * @param args - such as `["up", "--stack", "dev"]`
 * @returns seconds, and what it printed
 * @throws UserError with the end of its output
 */
export async function timedCommand(args: readonly string[]): Promise<{ seconds: number; output: string }> {
  const started = performance.now();
  const { exitCode, all } = await execa("node", [join("bin", "run.mjs"), ...args], {
    cwd: checkout,
    reject: false,
    all: true,
    stdin: "ignore",
  });
  const seconds = (performance.now() - started) / 1000;
  if (exitCode !== 0) {
    const end = (all ?? "").trim().split("\n").slice(-TAIL).join("\n");
    throw new UserError(
      `\`${args.join(" ")}\` failed, so there is nothing to measure:\n${end}`,
      `npm run ${args
        .slice(0, 1)
        .concat("--", ...args.slice(1))
        .join(" ")}`,
    );
  }
  return { seconds, output: all ?? "" };
}

/** Times a function, in seconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
