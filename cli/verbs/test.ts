import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { type Command, Option } from "commander";
import execa from "execa";
import { bootstrap, listrReporter } from "../bootstrap";
import { elapsed } from "../bootstrap/listrReporter";
import { checkout } from "../paths";

/** How a suite went. */
interface Result {
  readonly passed: number;
  /** What failed, a line each. */
  readonly failures: readonly string[];
}

/** A part of `npm test`. */
interface Suite {
  readonly name: string;
  readonly what: string;
  readonly run: () => Promise<Result>;
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
      const results: Result[] = [];
      for (const suite of SUITES.filter(({ name }) => only === undefined || name === only)) {
        console.log(`\n== ${suite.name}: ${suite.what}`);
        const result = await suite.run();
        results.push(result);
        console.log(
          `== ${suite.name}: ${result.passed} passed, ${result.failures.length} failed, at ${elapsed(Date.now() - started)}`,
        );
      }
      const failures = results.flatMap((result) => result.failures);
      const passed = results.reduce((sum, result) => sum + result.passed, 0);
      // Repeated at the end, since a log is long and often cut.
      for (const failure of failures) console.log(`✗ ${failure}`);
      console.log(`\n${passed} passed, ${failures.length} failed`);
      process.exitCode = failures.length === 0 && passed > 0 ? 0 : 1;
    });
}

/** A tool that checks everything at once counts as one test. */
async function command(tool: string, args: readonly string[]): Promise<Result> {
  const { exitCode } = await execa(tool, [...args], {
    cwd: checkout,
    preferLocal: true,
    stdio: "inherit",
    reject: false,
  });
  return exitCode === 0
    ? { passed: 1, failures: [] }
    : { passed: 0, failures: [`${tool} ${args.join(" ")}: see its own words above`] };
}

/** What is used of vitest's report. */
interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

async function vitest(folder: string): Promise<Result> {
  const results = mkdtempSync(join(tmpdir(), "mlflow-platform-test-"));
  const file = join(results, "results.json");
  try {
    const { exitCode } = await execa(
      "vitest",
      ["run", folder, "--reporter=verbose", "--reporter=json", `--outputFile.json=${file}`],
      { cwd: checkout, preferLocal: true, stdio: "inherit", reject: false },
    );
    const report = JSON.parse(readFileSync(file, "utf8")) as Report;
    const failures = failuresOf(report);
    // An error outside of any test fails the run without a failed test.
    if (exitCode !== 0 && failures.length === 0)
      failures.push(`${folder}: vitest ended with exit code ${exitCode}, see above`);
    return { passed: report.numPassedTests, failures };
  } finally {
    rmSync(results, { recursive: true, force: true });
  }
}

function failuresOf({ testResults }: Report): string[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((assertion) => assertion.status === "failed");
    const file = relative(checkout, name);
    // A file that cannot be loaded has no tests.
    if (failed.length === 0 && status === "failed") return [`${file}: ${message}`];
    return failed.map(
      ({ fullName, failureMessages = [] }) => `${file}: ${fullName}: ${failureMessages.join("\n")}`,
    );
  });
}
