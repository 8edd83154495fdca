import type { Objects } from "./objects";
import { CONTAINER, NETWORK, type State, type StateResource, VOLUME, pendingOf, resourcesOf } from "./state";
import { nameOf } from "../progress";

/** What differs between the engine and the state. */
export interface Comparison {
  /** Containers that the state does not know. They hold no data. */
  readonly strayContainers: Objects["containers"];
  /** Networks that the state does not know. */
  readonly strayNetworks: Objects["networks"];
  /**
   * The state knows nothing of what the engine holds: it is another clone's stack, or the state was lost, or the
   * engine is another one than before.
   */
  readonly foreign: boolean;
  /** URNs of containers and networks that are gone, or do not run though they should. */
  readonly broken: readonly string[];
  /** Names of volumes that the state knows and the engine does not. Their data is gone with them. */
  readonly lostVolumes: readonly string[];
  /** Such volumes that fill again by themselves: certificates, of which a CA gives others. */
  readonly refilledVolumes: readonly LostVolume[];
}

/** A volume that is gone, as the state describes it. */
export interface LostVolume {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Pulumi names of volumes that may be lost at the price of one order at a CA. */
const REFILLED = /^certificates-/;

/** How a container that belongs to the state may be found, beside `created` for one that is never started. */
const RUNNING = new Set(["running", "restarting"]);

/**
 * Compares what the engine holds under the stack's label with the state.
 *
 * @param objects - everything with the label
 * @param state - the stack's state
 * @param begun - Pulumi names of what was being created when a run was interrupted or failed
 */
export function compare(
  objects: Objects,
  state: State,
  begun: ReadonlySet<string> = begunIn(state),
): Comparison {
  const known = (type: string) => resourcesOf(state).filter((resource) => resource.type === type);
  const ids = new Set([...known(CONTAINER), ...known(NETWORK)].map(({ id }) => id));
  const there = [...objects.containers, ...objects.networks];
  const lost = known(VOLUME)
    .filter(({ urn }) => !isPending(state, urn, "deleting"))
    .filter(({ id }) => id !== undefined && !objects.volumes.includes(id));
  const strays = there.filter(({ id }) => !ids.has(id));
  return {
    strayContainers: objects.containers.filter(({ id }) => !ids.has(id)),
    strayNetworks: objects.networks.filter(({ id }) => !ids.has(id)),
    foreign: isForeign(objects, state, strays.length < there.length, strays, begun),
    broken: [
      ...known(CONTAINER).filter((resource) => !isWell(objects, resource)),
      ...known(NETWORK).filter(({ id }) => !objects.networks.some((network) => network.id === id)),
    ]
      .filter((resource) => resource.delete !== true)
      .map(({ urn }) => urn),
    lostVolumes: lost.filter(({ urn }) => !REFILLED.test(nameOf(urn))).flatMap(({ id }) => id ?? []),
    refilledVolumes: lost
      .filter(({ urn }) => REFILLED.test(nameOf(urn)))
      .map(({ id = "", inputs }) => ({ name: id, labels: labelsOf(inputs) })),
  };
}

function labelsOf(inputs: StateResource["inputs"]): Record<string, string> {
  const labels = (inputs?.["labels"] ?? []) as readonly { readonly label: string; readonly value: string }[];
  return Object.fromEntries(labels.map(({ label, value }) => [label, value]));
}

/** Ids of networks are random, so one known id on the engine shows that engine and state belong together. */
function isForeign(
  objects: Objects,
  state: State,
  oneIsKnown: boolean,
  strays: ReadonlyArray<{ readonly resource: string }>,
  begun: ReadonlySet<string>,
): boolean {
  if (oneIsKnown) return false;
  if (strays.some(({ resource }) => !begun.has(resource))) return true;
  // Volumes have no ids, and outlive a destroy where they are protected.
  return resourcesOf(state).length === 0 && begun.size === 0 && objects.volumes.length > 0;
}

/** Pulumi names of what was being created when the run was interrupted. */
function begunIn(state: State): ReadonlySet<string> {
  return new Set(
    pendingOf(state).flatMap(({ type, resource }) => (type === "creating" ? [nameOf(resource.urn)] : [])),
  );
}

function isWell(
  objects: Objects,
  resource: { readonly id?: string; readonly inputs?: Readonly<Record<string, unknown>> },
): boolean {
  const container = objects.containers.find(({ id }) => id === resource.id);
  if (container === undefined) return false;
  return resource.inputs?.["mustRun"] === false || RUNNING.has(container.status);
}

function isPending(state: State, urn: string, type: string): boolean {
  return pendingOf(state).some((operation) => operation.type === type && operation.resource.urn === urn);
}
