import { engineAddress, engineClient } from "../../bootstrap/engine";
import { nameOf } from "../progress";
import { type Stack, readSettings } from "../stack";
import { adopt } from "./adopt";
import type { FailedCreates } from "./candidates";
import { labelledObjects, removeContainers } from "./objects";
import { CONTAINER, exportState } from "./state";
import { compare } from "./strays";

/**
 * After an `up` that could not create something: takes objects of the services that are there already into the
 * state, and removes containers of this stack that appeared after the last look, since the engine finishes what a
 * killed run had asked for.
 *
 * @returns names of what is out of the way now; empty when nothing stood in the way
 */
export async function clearTheWay(stack: Stack, failed: FailedCreates): Promise<string[]> {
  const candidates = failed.candidates();
  if (candidates.length === 0) return [];
  const state = await exportState(stack);
  const containers = candidates.filter(({ type }) => type === CONTAINER).map(({ urn }) => nameOf(urn));
  const removed = containers.length === 0 ? [] : await removeStrays(stack, new Set(containers));
  return [...removed, ...(await adopt(stack, state, candidates)).map(nameOf)];

  async function removeStrays({ name }: Stack, begun: ReadonlySet<string>): Promise<string[]> {
    const engine = engineClient(engineAddress(readSettings(name).dockerHost));
    const { foreign, strayContainers } = compare(await labelledObjects(engine, name, true), state, begun);
    if (foreign) return [];
    await removeContainers(
      engine,
      strayContainers.map(({ id }) => id),
    );
    return strayContainers.map(({ resource }) => resource);
  }
}
