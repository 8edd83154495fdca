import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../../../cli/paths";

/** A command of examples/README.md, and what it says to print. */
export interface DocumentedCommand {
  readonly command: string;
  readonly prints: readonly string[];
}

/** Commands of the README that are followed by their output. */
export function documentedCommands(): readonly DocumentedCommand[] {
  const text = readFileSync(join(checkout, "examples/README.md"), "utf8");
  const pairs = text.matchAll(/```sh\n(.+)\n```\n\n```text\n([^]+?)\n```/g);
  return [...pairs].map(([, command = "", prints = ""]) => ({ command, prints: prints.split("\n") }));
}

/** Output without what differs from run to run: ids, numbers of experiments and versions, times, ports. */
export function withoutChance(line: string): string {
  return line
    .replace(/[0-9a-f]{32}/g, "<id>")
    .replace(/experiments\/\d+/, "experiments/<number>")
    .replace(/version \d+/, "version <number>")
    .replace(/\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}/, "<time>")
    .replace(/localhost:\d+/, "localhost:<port>")
    .trim();
}
