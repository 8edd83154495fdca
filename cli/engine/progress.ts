import type { EngineEvent } from "@pulumi/pulumi/automation";
import { type Finding, findingOf } from "./policy";
import { type RemovedTeam, removedTeam } from "./removedTeams";

/** Operations that change something. A replacement is one, whatever steps it takes. */
const CHANGING = new Set(["create", "update", "replace", "delete", "import"]);

const VERBS: Readonly<Record<string, string>> = {
  create: "creating",
  update: "updating",
  replace: "replacing",
  "create-replacement": "creating",
  "delete-replaced": "removing the old",
  delete: "removing",
  import: "adopting",
  refresh: "reading",
  read: "reading",
};

/** What an operation did, in numbers and errors. */
export interface Summary {
  /** Resources by operation, such as `{create: 3, same: 80}`. */
  readonly changes: Readonly<Record<string, number>>;
  /** What was or would be changed, one line each, such as `replace mlflow-container (image)`. */
  readonly changed: readonly string[];
  /** Errors in the engine's words, one per resource, without repetitions. */
  readonly errors: readonly string[];
  /** Teams that were or would be removed. */
  readonly removedTeams: readonly RemovedTeam[];
  /** What the policy said, without repetitions. */
  readonly findings: readonly Finding[];
}

/**
 * Follows the engine's events: what is under way and for how long, what failed, what was changed.
 */
export class Progress {
  private readonly running = new Map<string, { readonly what: string; readonly since: number }>();
  private readonly changed = new Set<string>();
  private readonly failures: string[] = [];
  private readonly removedTeams: RemovedTeam[] = [];
  private readonly findings = new Map<string, Finding>();
  private finished = 0;
  /** When something last began, ended or failed, once something has failed. */
  private lastAfterFailure: number | undefined;
  private changes: Record<string, number> = {};

  /** @param now - clock in milliseconds */
  public constructor(private readonly now: () => number = Date.now) {}

  /** Takes one event in. */
  public accept(event: EngineEvent): void {
    const { resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent, summaryEvent } = event;
    if (resOpFailedEvent !== undefined || this.lastAfterFailure !== undefined)
      this.lastAfterFailure = this.now();
    if (resourcePreEvent !== undefined) {
      const { op, urn, diffs } = resourcePreEvent.metadata;
      const verb = VERBS[op];
      const team = removedTeam(event);
      if (team !== undefined) this.removedTeams.push(team);
      if (CHANGING.has(op) && !isComponent(resourcePreEvent.metadata.type)) {
        this.changed.add(`${op} ${nameOf(urn)}${diffs?.length ? ` (${diffs.join(", ")})` : ""}`);
      }
      if (verb !== undefined && !isComponent(resourcePreEvent.metadata.type)) {
        this.running.set(urn, { what: `${verb} ${nameOf(urn)}`, since: this.now() });
      }
    } else if (resOutputsEvent !== undefined) {
      if (this.running.delete(resOutputsEvent.metadata.urn)) this.finished += 1;
    } else if (resOpFailedEvent !== undefined) {
      this.running.delete(resOpFailedEvent.metadata.urn);
    } else if (diagnosticEvent?.severity === "error") {
      const text = inPlainWords(diagnosticEvent.message);
      const named = diagnosticEvent.urn === undefined ? text : `${nameOf(diagnosticEvent.urn)}: ${text}`;
      if (!SUMMARY_ERRORS.test(text) && !this.failures.includes(named)) this.failures.push(named);
    } else if (event.policyEvent !== undefined) {
      const finding = findingOf(event);
      if (finding !== undefined) this.findings.set(JSON.stringify(finding), finding);
    } else if (summaryEvent !== undefined) {
      this.changes = { ...summaryEvent.resourceChanges };
    }
  }

  /** One line for people: what is waited for, with seconds, and how much is done. */
  public line(): string {
    const now = this.now();
    const busy = [...this.running.values()]
      .sort((a, b) => a.since - b.since)
      .map(({ what, since }) => `${what} ${Math.round((now - since) / 1000)} s`);
    const more = busy.length > 3 ? ` and ${busy.length - 3} more` : "";
    const done = `${this.finished} done`;
    return busy.length === 0 ? done : `${done}; ${busy.slice(0, 3).join(", ")}${more}`;
  }

  /**
   * For how long nothing has been under way after something had failed, in milliseconds. The engine, told to go on
   * after errors, may wait for ever then (pulumi/pulumi#16373).
   */
  public stalled(): number {
    return this.lastAfterFailure === undefined || this.running.size > 0
      ? 0
      : this.now() - this.lastAfterFailure;
  }

  public summary(): Summary {
    const { changes, changed, failures: errors, removedTeams, findings } = this;
    return { changes, changed: [...changed], errors, removedTeams, findings: [...findings.values()] };
  }
}

/**
 * An error without what providers wrap around it: they say each one twice, once as a line of their log and once
 * nested in lists of one item.
 */
function inPlainWords(message: string): string {
  return message
    .trim()
    .replace(/^sdk-v2\/\S+ sdk\.helper_schema: (.*): provider=\S+$/s, "$1")
    .replace(/\d+ errors? occurred:\s*\* /g, "")
    .replace(/\b(creating|updating|deleting) urn:\S+: /g, "")
    .trim();
}

/** The engine's own closing words, which repeat an error that was given before. */
const SUMMARY_ERRORS = /^(update failed|preview failed|resource operation failed|.* error.?s.? occurred$)/;

/**
 * One summary of an operation that needed several runs of the engine.
 *
 * @param rounds - summaries in order, at least one; what a round changed is unchanged in the later ones
 */
export function combined(rounds: readonly Summary[]): Summary {
  const last = rounds.at(-1);
  const changes: Record<string, number> = {};
  for (const round of rounds) {
    for (const [op, count] of Object.entries(round.changes)) {
      if (op !== "same") changes[op] = (changes[op] ?? 0) + count;
    }
  }
  const before = rounds.slice(0, -1).reduce((sum, round) => sum + changedCount(round), 0);
  const same = (last?.changes["same"] ?? 0) - before;
  return {
    changes: same > 0 ? { ...changes, same } : changes,
    changed: [...new Set(rounds.flatMap(({ changed }) => changed))],
    errors: last?.errors ?? [],
    removedTeams: rounds.flatMap((round) => round.removedTeams),
    findings: last?.findings ?? [],
  };
}

/** How many resources a summary says were or would be changed. */
export function changedCount({ changes }: Summary): number {
  return Object.entries(changes).reduce((sum, [op, count]) => (CHANGING.has(op) ? sum + count : sum), 0);
}

/** A summary in words, such as `3 created, 1 updated, 80 unchanged`. */
export function changesInWords({ changes }: Summary, future = false): string {
  const words: Readonly<Record<string, string>> = future
    ? {
        create: "to create",
        update: "to update",
        replace: "to replace",
        delete: "to remove",
        same: "unchanged",
      }
    : { create: "created", update: "updated", replace: "replaced", delete: "removed", same: "unchanged" };
  const parts = Object.entries(words).flatMap(([op, word]) =>
    changes[op] ? [`${changes[op]} ${word}`] : [],
  );
  return parts.length === 0 ? "no resources" : parts.join(", ");
}

function isComponent(type: string): boolean {
  return type.startsWith("mlflow-platform:") || type === "pulumi:pulumi:Stack";
}

/** The logical name at the end of a URN. */
export function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? urn;
}
