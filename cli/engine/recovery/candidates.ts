import type { EngineEvent } from "@pulumi/pulumi/automation";
import { type State, pendingOf, resourcesOf } from "./state";

/** A resource that the state does not have, and whose object may be there all the same. */
export interface Candidate {
  readonly urn: string;
  readonly type: string;
  /** What the program declares; secrets may be masked or encrypted. */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly parent: string;
  /** URN of the provider. */
  readonly provider: string;
}

/** What was being created when a run was interrupted. */
export function fromPending(state: State): Candidate[] {
  const known = new Set(resourcesOf(state).map(({ urn }) => urn));
  return pendingOf(state).flatMap(({ type, resource }) =>
    type === "creating" && !known.has(resource.urn) ? candidate(resource) : [],
  );
}

/**
 * Follows the engine's events and gathers what could not be created. Whether an object stands in the way is not told
 * by the errors' words, which differ between providers and versions, but by looking for it.
 */
export class FailedCreates {
  private readonly begun = new Map<string, Candidate>();
  private readonly failed = new Set<string>();

  /** Takes one event in. */
  public accept({ resourcePreEvent, resOpFailedEvent, resOutputsEvent }: EngineEvent): void {
    if (resourcePreEvent !== undefined) {
      const { op, new: declared, provider } = resourcePreEvent.metadata;
      if (op !== "create" || declared === undefined) return;
      for (const found of candidate({ ...declared, provider })) this.begun.set(found.urn, found);
    } else if (resOpFailedEvent !== undefined) {
      this.failed.add(resOpFailedEvent.metadata.urn);
    } else if (resOutputsEvent !== undefined) {
      this.failed.delete(resOutputsEvent.metadata.urn);
    }
  }

  /** What failed, in the order in which it was begun. */
  public candidates(): Candidate[] {
    return [...this.begun.values()].filter(({ urn }) => this.failed.has(urn));
  }
}

interface Declared {
  readonly urn: string;
  readonly type: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly parent?: string;
  readonly provider?: string;
}

function candidate({ urn, type, inputs, parent, provider }: Declared): Candidate[] {
  if (!parent || !provider) return [];
  return [
    { urn, type, inputs: inputs ?? {}, parent, provider: provider.split("::").slice(0, -1).join("::") },
  ];
}
