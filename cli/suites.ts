import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import execa from "execa";
import { checkout } from "./paths";

/** How a suite went. */
export interface SuiteResult {
  readonly passed: number;
  /** What failed, each with what is known of it. */
  readonly failures: readonly string[];
}

/** A part of `npm test`. */
export interface Suite {
  readonly name: string;
  readonly what: string;
  /** Takes so long that it runs only when it is asked for by name. @default false */
  readonly long?: boolean;
  /**
   * Runs it, with its own words on this terminal.
   *
   * @param env - the whole environment. @default that of this process
   */
  readonly run: (env?: NodeJS.ProcessEnv) => Promise<SuiteResult>;
}

/** All suites, the quick ones first. */
export const SUITES: readonly Suite[] = [
  { name: "types", what: "TypeScript types", run: (env) => command("tsc", ["--noEmit"], env) },
  { name: "lint", what: "ESLint", run: (env) => command("eslint", [".", "--max-warnings", "0"], env) },
  {
    name: "format",
    what: "Prettier",
    run: (env) => command("prettier", ["--check", "--log-level", "warn", "."], env),
  },
  { name: "unit", what: "unit and toolchain tests", run: (env) => vitest("test/unit", env) },
  { name: "policy", what: "each rule of the policy pack", run: (env) => vitest("test/policy", env) },
  { name: "e2e", what: "end to end on stacks of their own", run: (env) => vitest("test/e2e", env) },
  { name: "chaos", what: "interrupted runs", run: (env) => vitest("test/chaos", env) },
  {
    name: "long",
    what: "before a release: upgrade, environments side by side, ACME, states that move, 5 GiB, another machine",
    long: true,
    run: (env) => vitest("test/long", env),
  },
];

/** Lines of a tool's last words that are kept for those who do not see the terminal. */
const LAST_LINES = 40;

/** A tool that checks everything at once counts as one test. */
async function command(tool: string, args: readonly string[], env = process.env): Promise<SuiteResult> {
  const run = execa(tool, [...args], {
    cwd: checkout,
    env,
    extendEnv: false,
    preferLocal: true,
    localDir: checkout,
    all: true,
    stdin: "ignore",
    reject: false,
  });
  run.all?.pipe(process.stdout, { end: false });
  const { exitCode, all } = await run;
  const words = (all ?? "").trimEnd().split("\n").slice(-LAST_LINES).join("\n");
  return exitCode === 0
    ? { passed: 1, failures: [] }
    : { passed: 0, failures: [`${tool} ${args.join(" ")}:\n${words}`] };
}

/** What is used of vitest's report. */
interface VitestReport {
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

async function vitest(folder: string, env = process.env): Promise<SuiteResult> {
  const results = mkdtempSync(join(tmpdir(), "mlflow-platform-test-"));
  const file = join(results, "results.json");
  try {
    const { exitCode } = await execa(
      "vitest",
      ["run", folder, "--reporter=verbose", "--reporter=json", `--outputFile.json=${file}`],
      {
        cwd: checkout,
        env,
        extendEnv: false,
        preferLocal: true,
        localDir: checkout,
        stdio: "inherit",
        reject: false,
      },
    );
    const report = JSON.parse(readFileSync(file, "utf8")) as VitestReport;
    const failures = failuresOf(report);
    // An error outside of any test fails the run without a failed test.
    if (exitCode !== 0 && failures.length === 0)
      failures.push(`${folder}: vitest ended with exit code ${exitCode}, see above`);
    return { passed: report.numPassedTests, failures };
  } finally {
    rmSync(results, { recursive: true, force: true });
  }
}

function failuresOf({ testResults }: VitestReport): string[] {
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
