import { basename } from "node:path";
import execa from "execa";
import { UserError } from "../errors";

/** A plugin prints its port within a second; a busy machine may take longer. */
const START_MS = 30_000;

/**
 * Makes sure that a plugin runs on this machine: starts it, waits for the port that it prints as its first line, as
 * the engine does, and ends it.
 * @param program - its path; its file name says which provider it is
 * @returns the port it listened on
 * @throws UserError when it prints none
 */
export async function pluginStarts(program: string): Promise<number> {
  const child = execa(program, [], { stdin: "ignore", reject: false, timeout: START_MS, all: true });
  const port = new Promise<number | undefined>((resolve) => {
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const line = /^(\d+)\r?\n/.exec(text)?.[1];
      if (line) resolve(Number(line));
    });
    void child.then(() => resolve(undefined));
  });
  const found = await port;
  child.kill("SIGKILL");
  const ended = await child;
  if (found !== undefined) return found;
  throw new UserError(
    `${basename(program)} does not start on this machine: ${ended.all?.trim() || (ended as unknown as Error).message}`,
    "Check that its folder is not mounted noexec (set MLFLOW_PLATFORM_CACHE_DIR to another one) and run the same command again.",
  );
}
