import type Docker from "dockerode";
import { RESOURCE_LABEL, STACK_LABEL } from "../../../lib/names";

/** A container of the stack, as the engine has it. */
export interface ContainerObject {
  readonly id: string;
  readonly name: string;
  /** Pulumi name of the resource that made it. */
  readonly resource: string;
  /** As the engine calls it: `created`, `running`, `exited`, … */
  readonly status: string;
}

/** A network of the stack. */
export interface NetworkObject {
  readonly id: string;
  readonly name: string;
  readonly resource: string;
}

/** Everything on the engine that carries the label of one stack. */
export interface Objects {
  readonly containers: readonly ContainerObject[];
  readonly networks: readonly NetworkObject[];
  /** Names. */
  readonly volumes: readonly string[];
}

/**
 * What the engine holds under the label of a stack.
 *
 * @param declared - only what a resource of the program made; else also what other commands, such as `smoke`, made
 */
export async function labelledObjects(engine: Docker, stack: string, declared: boolean): Promise<Objects> {
  const filters = { label: [`${STACK_LABEL}=${stack}`, ...(declared ? [RESOURCE_LABEL] : [])] };
  const [containers, networks, volumes] = await Promise.all([
    engine.listContainers({ all: true, filters }),
    engine.listNetworks({ filters }),
    engine.listVolumes({ filters }),
  ]);
  return {
    containers: containers.map(({ Id, Names, Labels, State }) => ({
      id: Id,
      name: (Names[0] ?? Id).replace(/^\//, ""),
      resource: Labels[RESOURCE_LABEL] ?? "",
      status: State,
    })),
    networks: networks.map(({ Id, Name, Labels }) => ({
      id: Id,
      name: Name,
      resource: Labels?.[RESOURCE_LABEL] ?? "",
    })),
    // The engine answers null for an empty list.
    volumes: ((volumes.Volumes as typeof volumes.Volumes | null) ?? []).map(({ Name }) => Name),
  };
}

/** Removes containers with their unnamed volumes, running or not. Those that are gone by now are no error. */
export async function removeContainers(engine: Docker, ids: readonly string[]): Promise<void> {
  await Promise.all(ids.map((id) => gone(engine.getContainer(id).remove({ force: true, v: true }))));
}

/**
 * Removes networks that nothing uses.
 *
 * @returns ids of those that were removed
 */
export async function removeNetworks(engine: Docker, ids: readonly string[]): Promise<string[]> {
  const removed: string[] = [];
  for (const id of ids) {
    const network = engine.getNetwork(id);
    const details = await network.inspect().catch(notThere);
    const used = (details as { Containers?: Record<string, unknown> | null } | undefined)?.Containers ?? {};
    if (details === undefined || Object.keys(used).length > 0) continue;
    await gone(network.remove());
    removed.push(id);
  }
  return removed;
}

/** Makes empty volumes. One that is there already is left as it is. */
export async function makeVolumes(
  engine: Docker,
  volumes: ReadonlyArray<{ readonly name: string; readonly labels: Readonly<Record<string, string>> }>,
): Promise<void> {
  await Promise.all(
    volumes.map(({ name, labels }) => engine.createVolume({ Name: name, Labels: { ...labels } })),
  );
}

/** Which of some volumes the engine has, whatever labels they bear. */
export async function volumesThere(engine: Docker, names: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    names.map(async (name) => ((await engine.getVolume(name).inspect().catch(notThere)) ? [name] : [])),
  );
  return found.flat();
}

/** Removes volumes, and the data in them. */
export async function removeVolumes(engine: Docker, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => gone(engine.getVolume(name).remove())));
}

/** Waits for a removal that another one may have forestalled. */
async function gone(removal: Promise<unknown>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    // A container that another one is removing this very moment answers with a conflict.
    if (!/already in progress/.test(String(error))) notThere(error);
  }
}

function notThere(error: unknown): undefined {
  if ((error as { statusCode?: number }).statusCode !== 404) throw error;
  return undefined;
}
