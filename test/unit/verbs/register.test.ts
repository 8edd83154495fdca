import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { beforeAll, describe, expect, it } from "vitest";
import { registerVerbs } from "../../../cli/verbs";

/** Loading all verbs takes seconds of a processor. */
const LIMIT_MS = 60_000;

/** The verbs that the program knows when this is the first word of the command line. */
async function known(asked?: string): Promise<string[]> {
  const program = new Command();
  await registerVerbs(program, asked);
  return program.commands.map((command) => command.name());
}

describe("the verbs of the command line", () => {
  let all: string[];
  beforeAll(async () => {
    all = await known();
  }, LIMIT_MS);

  it("are all there for the help, one for each file, what people begin with first", () => {
    const folder = join(__dirname, "../../../cli/verbs");
    const files = readdirSync(folder)
      .filter((file) => /^export function register\(/m.test(readFileSync(join(folder, file), "utf8")))
      .map((file) => file.replace(/\.ts$/, ""));
    const words = files.map((name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
    expect([...all].sort()).toEqual(words.sort());
    expect(all.slice(0, 2)).toEqual(["up", "preview"]);
  });

  it("are all there where none of them is asked for", async () => {
    for (const asked of ["--help", "uup", ""]) expect(await known(asked)).toEqual(all);
  });

  it("each declare themselves, alone, under the name by which they are asked for", async () => {
    for (const verb of all) expect(await known(verb)).toEqual([verb]);
  });
});
