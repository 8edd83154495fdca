import type { ResourceChange } from "../changes/change";
import type { Confirmation } from "./confirmations";
import type { EnvironmentReport, Report } from "./report";

/** A change that takes data away. */
export interface Danger {
  readonly stack: string;
  readonly change: ResourceChange;
  /** Who has agreed to it, and why; undefined while nobody has. */
  readonly confirmation: Confirmation | undefined;
}

/**
 * The changes of a report that take data away: deletions and replacements of what holds data. What is deleted but
 * stays where it is (a team's bucket with `retain`) is none; a replacement is always one, since the new thing is empty.
 */
export function dangers({ environments, confirmations }: Report): Danger[] {
  return environments.flatMap(({ stack, changes }) =>
    changes.filter(takesData).map((change) => ({
      stack,
      change,
      confirmation: confirmations.find(
        (entry) => entry.stack === stack && entry.resource === change.urn && entry.op === change.op,
      ),
    })),
  );
}

function takesData({ op, holdsData, kept }: ResourceChange): boolean {
  return holdsData && ((op === "delete" && !kept) || op === "replace");
}

/** Why a check has failed, a line each; empty when it has passed. */
export function reasons(report: Report): string[] {
  const unconfirmed = dangers(report).filter(({ confirmation }) => confirmation === undefined);
  return [
    ...report.suites.flatMap(({ what, failures }) => (failures.length > 0 ? [`${what} failed`] : [])),
    ...report.environments.flatMap(reasonsOf),
    ...(unconfirmed.length > 0
      ? [`${unconfirmed.length} unconfirmed ${unconfirmed.length === 1 ? "loss" : "losses"} of data`]
      : []),
    ...report.faults,
  ];
}

function reasonsOf({ stack, look, violations }: EnvironmentReport): string[] {
  const broken = violations.filter(({ mandatory }) => mandatory).length;
  return [
    ...(look.kind === "failed" ? [`${stack} could not be compared with its state`] : []),
    ...(broken > 0 ? [`${stack} breaks the policy (${broken})`] : []),
  ];
}
