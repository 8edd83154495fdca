import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type BenchResult, PARTS, type Part, runBench } from "../bench";
import { missed } from "../bench/figures";
import { figuresTable, serversTable } from "../bench/report";
import { listrReporter } from "../bootstrap";
import { checkout } from "../paths";

interface BenchFlags {
  readonly stack?: string;
  readonly json?: string;
  readonly only?: readonly Part[];
  readonly quick: boolean;
  readonly restart: boolean;
  readonly strict: boolean;
  readonly artifactMib?: number;
}

/** `bench`: measures the platform, and says which floors of the design it keeps to. */
export function register(program: Command): void {
  program
    .command("bench")
    .description(
      "Measure times, requests and transfers, and compare them with the floors. Makes a stack of its own and removes it.",
    )
    .option("-s, --stack <name>", "measure this deployed stack instead, and leave it as it is")
    .option("--restart", "with --stack: also time `down` and `up`, which interrupts its users", false)
    .addOption(new Option("--only <parts...>", "measure only these").choices([...PARTS]))
    .option("--quick", "few short rounds: to try things, not to judge by", false)
    .option("--artifact-mib <size>", "size of the artifact in MiB; 256, with --quick 32", positive)
    .option("--json <file>", "where the figures are stored; a new file in bench-results/ if not given")
    .option("--strict", "end with exit code 1 when a floor is missed", false)
    .action(async (flags: BenchFlags) => {
      process.exitCode = await bench(flags);
    });
}

async function bench(flags: BenchFlags): Promise<number> {
  const started = new Date();
  const [load = 0] = loadavg();
  const cores = cpus().length;
  if (load > cores / 2) {
    console.error(
      `This machine is busy (load ${load.toFixed(1)} on ${cores} cores): the figures will be too bad, and differ.`,
    );
  }
  const result = await runBench({
    ...(flags.stack === undefined ? {} : { stack: flags.stack }),
    parts: new Set(flags.only ?? PARTS),
    restart: flags.restart,
    quick: flags.quick,
    mebibytes: flags.artifactMib ?? (flags.quick ? 32 : 256),
    reporter: listrReporter(),
  });
  const file = resolve(
    flags.json ?? join(checkout, "bench-results", `${started.toISOString().replaceAll(/[:.]/g, "-")}.json`),
  );
  mkdirSync(dirname(file), { recursive: true });
  const machine = {
    cores,
    processor: cpus()[0]?.model,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    loadBefore: load,
    node: process.versions.node,
  };
  const ended = new Date();
  writeFileSync(
    file,
    `${JSON.stringify({ started, ended, quick: flags.quick, machine, ...result }, undefined, 2)}\n`,
  );
  return conclude(result, file, flags.strict);
}

function conclude(result: BenchResult, file: string, strict: boolean): number {
  console.log(`\n${figuresTable(result.figures)}\n${serversTable(result)}`);
  const bad = missed(result.figures).length;
  console.log(
    bad === 0
      ? `✓ All floors are kept. Stored in ${file}`
      : `✗ ${bad} ${bad === 1 ? "floor is" : "floors are"} missed. Stored in ${file}`,
  );
  return strict && bad > 0 ? 1 : 0;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1024) {
    throw new InvalidArgumentError("a whole number from 1 to 1024 is needed");
  }
  return value;
}
