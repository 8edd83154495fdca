import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { nameOf } from "../../cli/engine/progress";
import type { PendingOperation, StateResource } from "../../cli/engine/recovery/state";

/** What the engine has written down at a moment, by Pulumi names. */
export interface Checkpoint {
  /** Operations under way, such as `creating identity-realm`. */
  readonly pending: readonly string[];
  /** Resources that are done. */
  readonly done: ReadonlySet<string>;
}

const NOTHING: Checkpoint = { pending: [], done: new Set() };

/** The file in which the engine's file backend keeps the state of a stack, and which it writes at every step. */
export class CheckpointFile {
  private readonly path: string;
  private written = 0;
  private last = NOTHING;

  /** @param stateDir - state folder of the clone */
  public constructor(stateDir: string, stack: string) {
    this.path = join(stateDir, "backend", ".pulumi", "stacks", "mlflow-platform", `${stack}.json`);
  }

  /** What is written now. */
  public read(): Checkpoint {
    try {
      const { mtimeMs } = statSync(this.path);
      if (mtimeMs === this.written) return this.last;
      this.last = parse(readFileSync(this.path, "utf8"));
      this.written = mtimeMs;
      return this.last;
    } catch {
      // Not there yet, or replaced at this moment.
      return this.last;
    }
  }
}

interface CheckpointContent {
  readonly checkpoint?: {
    readonly latest?: {
      readonly resources?: readonly StateResource[];
      readonly pending_operations?: readonly PendingOperation[];
    };
  };
}

function parse(text: string): Checkpoint {
  const latest = (JSON.parse(text) as CheckpointContent).checkpoint?.latest;
  // Components bear the name of their main resource, and nothing is made for them.
  const made = ({ type }: StateResource): boolean => !type.startsWith("mlflow-platform:");
  return {
    pending: (latest?.pending_operations ?? []).flatMap(({ type, resource }) =>
      made(resource) ? [`${type} ${nameOf(resource.urn)}`] : [],
    ),
    done: new Set((latest?.resources ?? []).filter(made).map(({ urn }) => nameOf(urn))),
  };
}
