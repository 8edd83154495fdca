import { ChangeCollector } from "../../lib/changes/change";
import { type Redact, knownSecrets, redaction } from "../../lib/changes/secrets";
import type { EnvironmentReport, Violation } from "../../lib/pullRequest/report";
import { UserError } from "../errors";
import { explain } from "../engine/explain";
import type { Finding } from "../engine/policy";
import { Progress } from "../engine/progress";
import { pulumi } from "../engine/pulumi";
import type { Stack } from "../engine/stack";
import { secretsOfEnvironment } from "../engine/surroundings";

/** What an engine says about a stack. */
export type Previewed = Pick<EnvironmentReport, "changes" | "unchanged" | "violations"> & {
  /** Why the comparison did not come to its end; undefined when it did. */
  readonly problem?: string;
};

/** Milliseconds between two lines about what is under way. */
const TICK = process.stdout.isTTY ? 1000 : 10_000;

/**
 * Compares a stack with its state, changing nothing: `pulumi preview --diff`. Nothing in the result is a secret.
 *
 * @param say - called with a line about what is under way
 * @throws UserError when the state cannot be read
 */
export async function previewed(stack: Stack, say: (line: string) => void): Promise<Previewed> {
  const redact = await redactionOf(stack);
  const collector = new ChangeCollector(redact);
  const progress = new Progress();
  const timer = setInterval(() => say(progress.line()), TICK);
  try {
    const { exitCode, stderr } = await pulumi(stack, ["preview", "--diff", "--json"], {
      onEvent(event) {
        progress.accept(event);
        collector.accept(event);
      },
    });
    const { errors, changes, findings } = progress.summary();
    const violations = findings.map((finding) => violation(finding, redact));
    const found = { changes: collector.changes(), unchanged: changes["same"] ?? 0, violations };
    if (exitCode === 0) return found;
    // A broken rule ends the engine, too; the rule says it better.
    if (errors.length === 0 && violations.some(({ mandatory }) => mandatory)) return found;
    const causes = errors.length > 0 ? errors : [stderr.trim() || "the Pulumi CLI gave no reason"];
    return { ...found, problem: redact(explain(causes, stack.name).cause) };
  } finally {
    clearInterval(timer);
  }
}

/** The secrets of the state and of this run, to be taken out of everything. */
async function redactionOf(stack: Stack): Promise<Redact> {
  const { exitCode, stdout, stderr } = await pulumi(stack, ["stack", "export", "--show-secrets"]);
  if (exitCode !== 0) {
    const { cause, next } = explain([stderr.trim()], stack.name);
    throw new UserError(
      `The state of stack ${stack.name} cannot be read.\n${redaction(secretsOfEnvironment(stack.env))(cause)}`,
      next,
    );
  }
  return redaction([...knownSecrets(JSON.parse(stdout)), ...secretsOfEnvironment(stack.env)]);
}

/** What the policy has found, as it may be published. */
export function violation({ rule, resource, lines, refused }: Finding, redact: Redact): Violation {
  return {
    rule: redact(rule),
    resource: redact(resource),
    message: redact(lines.join("\n")),
    mandatory: refused,
  };
}
