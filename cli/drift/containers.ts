import type Docker from "dockerode";
import { CONTAINER, type State, type StateResource, resourcesOf } from "../engine/recovery/state";
import type { Difference, Finding } from "./finding";
import { placeOf } from "./place";

/**
 * Compares the containers of a stack with the engine, where a provider does not look: whether each is there, is the
 * very one that was made, and runs; its networks; and what `docker update` can set beside the inputs that the provider
 * compares. What was fixed when a container was made (environment, labels, mounts) cannot be changed by hand at all:
 * who wants other ones has to make another container, which has another id and is found by it.
 */
export async function containerFindings(engine: Docker, state: State): Promise<Finding[]> {
  const containers = resourcesOf(state).filter(({ type, delete: old }) => type === CONTAINER && old !== true);
  const found = await Promise.all(containers.map((resource) => compare(engine, resource)));
  return found.flat();
}

async function compare(engine: Docker, resource: StateResource): Promise<Finding[]> {
  const { urn, id = "", inputs = {} } = resource;
  const what = placeOf(resource);
  const there = await inspect(engine, id);
  if (there === undefined) {
    const other = await inspect(engine, String(inputs["name"]));
    return [
      other === undefined
        ? { urn, what, kind: "gone", differences: [] }
        : {
            ...{ urn, what, kind: "foreign" },
            differences: [{ path: "id", byHand: other.Id.slice(0, 12), declared: id.slice(0, 12) }],
          },
    ];
  }
  const differences = containerDifferences(inputs, there);
  return differences.length === 0 ? [] : [{ urn, what, kind: "changed", differences }];
}

async function inspect(engine: Docker, name: string): Promise<Docker.ContainerInspectInfo | undefined> {
  try {
    return await engine.getContainer(name).inspect();
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}

/** What `docker update` can set and the program leaves at the engine's own value: zero, or nothing. */
const UNSET = [
  ...["BlkioWeight", "CpuPeriod", "CpuQuota", "CpuRealtimePeriod", "CpuRealtimeRuntime"],
  ...["CpusetMems", "PidsLimit"],
] as const;

/**
 * How one container differs.
 *
 * @param inputs - as the state holds them
 * @param there - as the engine has it
 */
export function containerDifferences(
  inputs: Readonly<Record<string, unknown>>,
  there: Pick<Docker.ContainerInspectInfo, "State" | "HostConfig" | "NetworkSettings">,
): Difference[] {
  const started = inputs["start"] !== false;
  const wanted = started ? "running" : "created";
  const { Status: status } = there.State;
  const differences: Difference[] = [];
  if (status !== wanted) differences.push({ path: "state", byHand: status, declared: wanted });
  const declared = namesOf(inputs["networksAdvanced"]);
  // One that is never started is in no network.
  if (declared.length > 0 && status === wanted) {
    const joined = Object.keys(there.NetworkSettings.Networks);
    for (const network of joined.filter((name) => !declared.includes(name)))
      differences.push({ path: "networks", byHand: network });
    for (const network of declared.filter((name) => !joined.includes(name)))
      differences.push({ path: "networks", declared: network });
  }
  for (const key of UNSET) {
    const value: unknown = Reflect.get(there.HostConfig, key);
    // The engine writes "no limit" of processes in three ways.
    if (value !== undefined && value !== null && value !== 0 && value !== -1 && value !== "")
      differences.push({ path: key, byHand: JSON.stringify(value) });
  }
  return differences;
}

function namesOf(networks: unknown): string[] {
  return Array.isArray(networks)
    ? networks.flatMap(({ name }: { readonly name?: unknown }) => (typeof name === "string" ? [name] : []))
    : [];
}
