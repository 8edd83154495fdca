import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { redaction } from "../../lib/changes/secrets";
import { comment, noResult } from "../../lib/pullRequest/comment";
import { CONFIRMATIONS_FILE, type Confirmed, confirmedBy } from "../../lib/pullRequest/confirmations";
import { dangers } from "../../lib/pullRequest/gate";
import type { EnvironmentReport, Report, SuiteReport } from "../../lib/pullRequest/report";
import type { BootstrapReporter } from "../bootstrap/reporter";
import { stackFile } from "../engine/stack";
import { messageOf } from "../errors";
import { checkout } from "../paths";
import { SUITES } from "../suites";
import { lookAt } from "./environment";
import { type Base, fileAt, findBase, head, isNew } from "./git";
import { secretsOfEnvironment, suiteEnvironment } from "../engine/surroundings";

/** Suites that a pull request has to pass. Stacks of tests take an hour, and are for `npm test`. */
export const CHECKED_SUITES = ["types", "lint", "unit", "policy"] as const;

/** What is checked: suites, and the environments. */
export const CHECKS = [...CHECKED_SUITES, "preview"] as const;
export type Check = (typeof CHECKS)[number];

export interface CheckOptions {
  readonly reporter: BootstrapReporter;
  readonly checks: ReadonlySet<Check>;
  /** Environments to compare. */
  readonly stacks: readonly string[];
  /** Whether somebody named them. Then each has to have a state, unless its file is new in the change. */
  readonly named: boolean;
  /** Whether each environment has to be compared with its state. */
  readonly required: boolean;
  /** Whether neither engines nor backends are asked. */
  readonly offline: boolean;
  /** What the change is compared with. @default see `findBase` */
  readonly base?: string;
  /** File of the comment, which {@link beginComment} has begun. */
  readonly file: string;
}

/**
 * Makes the file of the comment say that there is no result. Before anything else, since all that comes may fail, and a
 * file of an earlier check would stand for this one.
 *
 * @param file - path
 */
export function beginComment(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, noResult("The check has begun and has not come to its end; see its log."), {
    mode: 0o600,
  });
}

/**
 * Checks a change as a pull request is checked, and writes the comment.
 *
 * @returns what was found; the comment is in its file
 * @throws UserError with exit code 2 when the base that was asked for is not there
 */
export async function checkChange(options: CheckOptions): Promise<Report> {
  const { file, checks } = options;
  const write = (text: string): void => writeFileSync(file, text, { mode: 0o600 });
  try {
    const [base, commit] = [await findBase(options.base), await head()];
    const confirmed = await confirmations(base);
    const suites = await runSuites(checks);
    const environments = checks.has("preview") ? await lookAtAll(options, base) : [];
    const report: Report = {
      ...(commit === undefined ? {} : { commit }),
      ...(base === undefined ? {} : { base: base.name }),
      suites,
      environments,
      confirmations: confirmed.added,
      faults: confirmed.faults.map((fault) => `${CONFIRMATIONS_FILE}: ${fault}`),
      notes: [],
    };
    const whole = { ...report, notes: notes(report, base, checks) };
    write(comment(whole, new Date()));
    return whole;
  } catch (error) {
    write(noResult(`The check could not be made; see its log.`));
    throw error;
  }
}

async function confirmations(base: Base | undefined): Promise<Confirmed> {
  const path = join(checkout, CONFIRMATIONS_FILE);
  const now = existsSync(path) ? readFileSync(path, "utf8") : undefined;
  const before = base === undefined ? undefined : await fileAt(base.commit, CONFIRMATIONS_FILE);
  const found = confirmedBy(now, before, new Date().toISOString().slice(0, 10));
  // Without a base nobody can tell what this change has added.
  return base === undefined ? { added: [], faults: found.faults } : found;
}

async function runSuites(checks: ReadonlySet<Check>): Promise<SuiteReport[]> {
  const state = mkdtempSync(join(tmpdir(), "mlflow-platform-pr-"));
  const env = suiteEnvironment(state);
  const redact = redaction(secretsOfEnvironment());
  const reports: SuiteReport[] = [];
  try {
    for (const { name, what, run } of SUITES.filter((suite) => isChecked(suite.name, checks))) {
      console.log(`\n== ${name}: ${what}`);
      const started = Date.now();
      const { passed, failures } = await run(env).catch((error: unknown) => ({
        passed: 0,
        failures: [`could not be run: ${messageOf(error)}`],
      }));
      // A suite in which nothing was tested has tested nothing.
      const found = passed === 0 && failures.length === 0 ? ["no test was found"] : failures;
      console.log(`== ${name}: ${passed} passed, ${found.length} failed`);
      reports.push({ name, what, passed, failures: found.map(redact), duration: Date.now() - started });
    }
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
  return reports;
}

function isChecked(name: string, checks: ReadonlySet<Check>): boolean {
  return CHECKED_SUITES.some((suite) => suite === name && checks.has(suite));
}

async function lookAtAll(options: CheckOptions, base: Base | undefined): Promise<EnvironmentReport[]> {
  const { reporter, required, offline, stacks, named } = options;
  const reports: EnvironmentReport[] = [];
  for (const stack of stacks) {
    const path = relative(checkout, stackFile(stack));
    const added = base !== undefined && !path.startsWith("..") && (await isNew(base.commit, path));
    reports.push(
      await lookAt(stack, { reporter, offline, required: required && !added, mayBeMissing: added || !named }),
    );
  }
  return reports;
}

function notes(report: Report, base: Base | undefined, checks: ReadonlySet<Check>): string[] {
  const left = CHECKS.filter((check) => !checks.has(check));
  const used = new Set(dangers(report).map(({ confirmation }) => confirmation));
  const looked = new Set(
    report.environments.flatMap(({ stack, look }) => (look.kind === "preview" ? [stack] : [])),
  );
  return [
    ...(base === undefined
      ? [
          "No base branch was found to compare with, so no confirmation counts: fetch the history, or say --base REF.",
        ]
      : []),
    ...(left.length > 0 ? [`Left out, as asked: ${left.join(", ")}.`] : []),
    ...report.confirmations
      .filter((entry) => looked.has(entry.stack) && !used.has(entry))
      .map(
        ({ stack, resource }) =>
          `The confirmation of ${resource} in stack ${stack} confirms nothing that happens; take it out.`,
      ),
  ];
}
