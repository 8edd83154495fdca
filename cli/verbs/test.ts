import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, Option } from "commander";
import execa from "execa";
import { bootstrap, listrReporter } from "../bootstrap";
import { elapsed } from "../bootstrap/listrReporter";
import { checkout } from "../paths";

/** Tests passed and failed. */
interface Count {
  readonly passed: number;
  readonly failed: number;
}

/** A part of `npm test`. */
interface Suite {
  readonly name: string;
  readonly what: string;
  readonly run: () => Promise<Count>;
}

const SUITES: readonly Suite[] = [
  { name: "types", what: "TypeScript types", run: () => command("tsc", ["--noEmit"]) },
  { name: "lint", what: "ESLint", run: () => command("eslint", [".", "--max-warnings", "0"]) },
  {
    name: "format",
    what: "Prettier",
    run: () => command("prettier", ["--check", "--log-level", "warn", "."]),
  },
  { name: "unit", what: "unit, policy and toolchain tests", run: () => vitest("test/unit") },
  { name: "e2e", what: "end to end on a stack of its own", run: () => vitest("test/e2e") },
  { name: "chaos", what: "interrupted runs", run: () => vitest("test/chaos") },
];

/** `test`: everything, with one closing line. */
export function register(program: Command): void {
  program
    .command("test")
    .description("Run all tests: types, lint, format, unit, end to end, interrupted runs.")
    .addOption(new Option("--only <suite>", "one suite").choices(SUITES.map(({ name }) => name)))
    .action(async ({ only }: { readonly only?: string }) => {
      const started = Date.now();
      // Asked for by itself, it is the long one.
      if (only === "chaos") process.env["CHAOS_KILLS"] ??= "20";
      // The toolchain tests look into the plugins, the end-to-end tests need all of it.
      await bootstrap({ reporter: listrReporter() });
      await bootstrap({ reporter: listrReporter(), only: ["chromium"] });
      let total: Count = { passed: 0, failed: 0 };
      for (const suite of SUITES.filter(({ name }) => only === undefined || name === only)) {
        console.log(`\n== ${suite.name}: ${suite.what}`);
        const count = await suite.run();
        total = { passed: total.passed + count.passed, failed: total.failed + count.failed };
        console.log(
          `== ${suite.name}: ${count.passed} passed, ${count.failed} failed, at ${elapsed(Date.now() - started)}`,
        );
      }
      console.log(`\n${total.passed} passed, ${total.failed} failed`);
      process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
    });
}

/** A tool that checks everything at once counts as one test. */
async function command(tool: string, args: readonly string[]): Promise<Count> {
  const { exitCode } = await execa(tool, [...args], {
    cwd: checkout,
    preferLocal: true,
    stdio: "inherit",
    reject: false,
  });
  return exitCode === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

async function vitest(folder: string): Promise<Count> {
  const results = mkdtempSync(join(tmpdir(), "mlflow-platform-test-"));
  const file = join(results, "results.json");
  try {
    const { exitCode } = await execa(
      "vitest",
      ["run", folder, "--reporter=verbose", "--reporter=json", `--outputFile.json=${file}`],
      { cwd: checkout, preferLocal: true, stdio: "inherit", reject: false },
    );
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(file, "utf8")) as {
      numPassedTests: number;
      numFailedTests: number;
    };
    // A file that cannot be loaded, or an error outside of any test, fails the run without a failed test.
    const silent = exitCode !== 0 && numFailedTests === 0 ? 1 : 0;
    return { passed: numPassedTests, failed: numFailedTests + silent };
  } finally {
    rmSync(results, { recursive: true, force: true });
  }
}
