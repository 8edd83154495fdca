import type { Settings } from "../../../config/settings";
import { engineAddress, engineClient } from "../../bootstrap/engine";
import type { Stack } from "../stack";
import { labelledObjects, removeContainers, removeNetworks, removeVolumes } from "./objects";

/** What to remove. */
export interface OrphanOptions {
  /** Also the volumes, and all data in them. */
  readonly volumes: boolean;
}

/**
 * Removes everything that carries the stack's label, whether the state knows it or not: the last step of deleting a
 * stack, and the way out when its state was lost.
 *
 * @returns names of what was removed
 */
export async function removeOrphans(
  stack: Stack,
  settings: Settings,
  options: OrphanOptions,
): Promise<string[]> {
  const engine = engineClient(engineAddress(settings.dockerHost));
  const { containers, networks, volumes } = await labelledObjects(engine, stack.name, false);
  await removeContainers(
    engine,
    containers.map(({ id }) => id),
  );
  const removed = await removeNetworks(
    engine,
    networks.map(({ id }) => id),
  );
  if (options.volumes) await removeVolumes(engine, volumes);
  return [
    ...containers.map(({ name }) => name),
    ...networks.flatMap(({ id, name }) => (removed.includes(id) ? [name] : [])),
    ...(options.volumes ? volumes : []),
  ];
}
