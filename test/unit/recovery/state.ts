import type { PendingOperation, State, StateResource } from "../../../cli/engine/recovery/state";

const STACK = "urn:pulumi:dev::mlflow-platform::";

/** URN of a resource. */
export function urnOf(type: string, name: string): string {
  return `${STACK}${type}::${name}`;
}

/** A resource of a state. */
export function resource(type: string, name: string, more: Partial<StateResource> = {}): StateResource {
  return { urn: urnOf(type, name), type, parent: urnOf("component", "parent"), ...more };
}

/** An operation that was not finished. */
export function pending(
  type: string,
  { provider = `${urnOf("provider", "provider")}::id`, ...of }: StateResource,
): PendingOperation {
  return { type, resource: { ...of, provider } };
}

/** A state. */
export function stateOf(
  resources: readonly StateResource[],
  operations: readonly PendingOperation[] = [],
): State {
  return {
    version: 3,
    deployment: { resources, ...(operations.length === 0 ? {} : { pending_operations: operations }) },
  };
}
