import { join, resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { dangers, reasons } from "../../lib/pullRequest/gate";
import type { EnvironmentReport, Report } from "../../lib/pullRequest/report";
import { visible } from "../../lib/pullRequest/text";
import { bootstrap, listrReporter } from "../bootstrap";
import { stackNames } from "../engine/stack";
import { UserError } from "../errors";
import { stateDir } from "../paths";
import { CHECKS, type Check, beginComment, checkChange } from "../pr/check";

interface PrCheckFlags {
  readonly stack: readonly string[];
  readonly base?: string;
  readonly comment?: string;
  readonly only?: readonly Check[];
  readonly requirePreview: boolean;
  readonly offline: boolean;
}

/** `pr-check`: what a pull request has to pass, and the comment on it. */
export function register(program: Command): void {
  program
    .command("pr-check")
    .description(
      "Check a change as its pull request is checked: types, lint, unit tests, policy, and what it would do to each environment. Changes nothing.",
    )
    .addOption(
      new Option(
        "-s, --stack <name>",
        "environment to compare; may be repeated. Default: every Pulumi.NAME.yaml",
      )
        .argParser(another)
        .default([], "all"),
    )
    .option("--base <ref>", "branch that the change goes to; default: that of the pull request, else main")
    .option("--comment <file>", "where the comment is written; default: in the state folder")
    .option(
      "--require-preview",
      "fail when an environment cannot be compared with its state, also for want of an engine",
      false,
    )
    .addOption(
      new Option(
        "--offline",
        "ask neither engines nor backends: only judge what each environment's program declares",
      )
        .default(false)
        .conflicts("requirePreview"),
    )
    .addOption(new Option("--only <checks...>", "only these").choices([...CHECKS]))
    .action(async (flags: PrCheckFlags) => {
      process.exitCode = await prCheck(flags);
    });
}

async function prCheck({
  stack,
  base,
  comment,
  only,
  requirePreview,
  offline,
}: PrCheckFlags): Promise<number> {
  const file = resolve(comment ?? join(stateDir(), "pr-check", "comment.md"));
  beginComment(file);
  const checks = new Set(only ?? CHECKS);
  const reporter = listrReporter();
  // The toolchain tests look into the plugins.
  if (checks.has("unit")) await bootstrap({ reporter, only: ["toolchain"] });
  const report = await checkChange({
    reporter,
    checks,
    stacks: stack.length > 0 ? [...new Set(stack)] : allStacks(),
    named: stack.length > 0,
    required: requirePreview,
    offline,
    ...(base === undefined ? {} : { base }),
    file,
  });
  return conclude(report, file);
}

function conclude(report: Report, file: string): number {
  console.log("");
  for (const line of report.environments.flatMap(inWords)) console.log(line);
  for (const { stack, change, confirmation } of dangers(report)) {
    const word = confirmation === undefined ? "not confirmed" : "confirmed";
    console.log(
      `${confirmation === undefined ? "✗" : "!"} ${stack}: ${change.op} ${visible(change.name)}: ${change.data ?? ""} (${word})`,
    );
  }
  for (const note of report.notes) console.log(visible(note));
  const failed = reasons(report);
  for (const reason of failed) console.log(`✗ ${visible(reason)}`);
  console.log(
    `${failed.length === 0 ? "✓ The change passes" : "✗ The change does not pass"}. The comment: ${file}`,
  );
  return failed.length === 0 ? 0 : 1;
}

function inWords({ stack, look, changes, violations }: EnvironmentReport): string[] {
  const broken = violations.map(
    ({ rule, resource, message, mandatory }) =>
      `${mandatory ? "✗" : "!"} ${stack}: ${rule}: ${resource} ${message}`,
  );
  const words =
    look.kind === "preview"
      ? `${stack}: ${changes.length} changes`
      : `${stack}: ${look.kind === "failed" ? "could not be" : "was not"} compared with its state. ${look.why}`;
  return [words, ...broken].map(visible);
}

function another(name: string, before: readonly string[]): string[] {
  if (!/^[A-Za-z0-9_.-]+$/.test(name))
    throw new InvalidArgumentError("the NAME of a Pulumi.NAME.yaml is needed");
  return [...before, name];
}

/** Every environment that has a file. */
function allStacks(): string[] {
  const names = stackNames();
  if (names.length > 0) return names;
  throw new UserError(
    "There is no Pulumi.NAME.yaml, so there is no environment to compare.",
    "Write one (npm run new-environment), or leave the environments out: npm run pr-check -- --only types lint unit policy",
    2,
  );
}
