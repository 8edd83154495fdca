import type Docker from "dockerode";
import type { Settings } from "../../../config/settings";
import { containerFindings } from "../../drift/containers";
import { engineAddress, engineClient } from "../../bootstrap/engine";
import { UserError } from "../../errors";
import { nameOf } from "../progress";
import type { Stack } from "../stack";
import { adopt } from "./adopt";
import { fromPending } from "./candidates";
import { claim } from "./claim";
import { endLeftovers } from "./leftovers";
import { removeStaleLocks } from "./lock";
import {
  type Objects,
  labelledObjects,
  makeVolumes,
  removeContainers,
  removeNetworks,
  volumesThere,
} from "./objects";
import {
  CONTAINER,
  type State,
  exportState,
  importState,
  isEmpty,
  pendingOf,
  refreshOnly,
  resourcesOf,
} from "./state";
import { type Comparison, compare } from "./strays";

/**
 * What is going to be done with the stack: `up` brings everything back, `repair` also what was changed by hand, `stop`
 * removes the containers and so needs none of them, `remove` clears everything away and so minds nothing that is
 * missing or unknown.
 */
export type Purpose = "up" | "repair" | "stop" | "remove";

/**
 * Puts in order what an interrupted run left, whatever was killed at whatever moment, and what was taken away by
 * hand. Never touches data: volumes stay, objects in the services are adopted. May itself be interrupted at any
 * moment: what is still to be done is read from the state, whose notes go last.
 *
 * From here on this process is the only one of this clone that changes the stack.
 *
 * @param purpose - what comes next. @default "up"
 * @returns what was done, in a few words each; empty when everything was in order
 * @throws UserError when another run is under way, or the stack cannot be brought in order without losing something
 */
export async function recover(stack: Stack, settings: Settings, purpose: Purpose = "up"): Promise<string[]> {
  claim(stack);
  const done: string[] = [];
  const note = (count: number, what: string): void => {
    if (count > 0) done.push(count === 1 ? what : `${what} (${count})`);
  };
  note(await endLeftovers(stack), "ended what a killed run left running");
  note(removeStaleLocks(stack), "took back its lock");
  const state = await exportState(stack);
  const engine = engineClient(engineAddress(settings.dockerHost));
  const objects = await labelledObjects(engine, stack.name, true);
  const found = compare(objects, state);
  if (purpose !== "remove") {
    if (found.foreign) throw foreign(stack, state, objects);
    const { strayContainers, strayNetworks } = found;
    await removeContainers(
      engine,
      strayContainers.map(({ id }) => id),
    );
    const networks = await removeNetworks(
      engine,
      strayNetworks.map(({ id }) => id),
    );
    note(strayContainers.length, "removed half-made containers");
    note(networks.length, "removed half-made networks");
  }
  const bringUp = purpose === "up" || purpose === "repair";
  if (bringUp) {
    if (found.lostVolumes.length > 0) throw await lostData(stack, engine, found);
    await makeVolumes(engine, found.refilledVolumes);
    const names = found.refilledVolumes.map(({ name }) => name).join(", ");
    note(Math.min(names.length, 1), `made ${names} anew, empty: a CA is asked for another certificate`);
  }
  const changed = purpose === "repair" ? await containerFindings(engine, state) : [];
  const broken = [...new Set([...found.broken, ...changed.map(({ urn }) => urn)])];
  done.push(...(await settle(stack, state, purpose, bringUp ? broken : [])));
  return done;
}

/**
 * Brings the state in line with what is there: deletions whose end is not recorded are looked at, objects that were
 * being created are adopted, containers that are gone are marked to be made again. The notes go last.
 */
async function settle(
  stack: Stack,
  before: State,
  purpose: Purpose,
  broken: readonly string[],
): Promise<string[]> {
  const done: string[] = [];
  let state = before;
  // What is removed altogether needs neither look nor adoption: it goes with the volumes.
  const keep = purpose !== "remove";
  const deletions = pendingOf(state).flatMap(({ type, resource }) =>
    // Deleting a container that is gone is no error, so it needs no look.
    keep && type === "deleting" && resource.type !== CONTAINER ? [resource.urn] : [],
  );
  if (deletions.length > 0) {
    await refreshOnly(stack, deletions);
    done.push(`looked after unfinished removals (${deletions.length})`);
    state = await exportState(stack);
  }
  const adopted = keep ? await adopt(stack, state, fromPending(state)) : [];
  if (adopted.length > 0) {
    done.push(`adopted what was half made: ${adopted.map(nameOf).join(", ")}`);
    state = await exportState(stack);
  }
  if (pendingOf(state).length === 0 && broken.length === 0) return done;
  await importState(stack, settled(state, broken));
  if (broken.length > 0)
    done.push(`to be made again, since gone, stopped or changed by hand: ${broken.map(nameOf).join(", ")}`);
  if (done.length === 0) done.push(`forgot unfinished operations (${pendingOf(state).length})`);
  return done;
}

/**
 * The state without notes of unfinished operations, and with marks on what the next run has to make again.
 *
 * @param broken - URNs of what is gone or stopped
 */
export function settled(state: State, broken: readonly string[]): State {
  return {
    ...state,
    deployment: {
      ...state.deployment,
      pending_operations: [],
      resources: resourcesOf(state).map((resource) =>
        broken.includes(resource.urn) && resource.delete !== true ? { ...resource, taint: true } : resource,
      ),
    },
  };
}

function foreign(stack: Stack, state: State, { containers, networks, volumes }: Objects): UserError {
  const there = [...containers, ...networks].map(({ name }) => name).concat(volumes);
  const shown = there.slice(0, 3).join(", ") + (there.length > 3 ? ` and ${there.length - 3} more` : "");
  return new UserError(
    `The engine holds a stack ${stack.name} that this clone's state does not know (${shown}), so nothing was done. ` +
      (isEmpty(state)
        ? "It belongs to another clone of this project, or the state was lost."
        : "It belongs to another clone of this project, or the engine is not the one that the state was made with."),
    "Choose one: run from the clone that made it, or set MLFLOW_PLATFORM_STATE_DIR to that clone's state folder (`npm run status` there names it); " +
      "point dockerHost or DOCKER_HOST to the right engine; or, if its data may go for good, remove it: " +
      `npm run down -- --stack ${stack.name} --delete-data`,
    3,
  );
}

async function lostData(stack: Stack, engine: Docker, { lostVolumes }: Comparison): Promise<UserError> {
  const foreign = await volumesThere(engine, lostVolumes);
  return new UserError(
    `The volumes ${lostVolumes.join(", ")} of stack ${stack.name} are not on this engine, and with them the data. Nothing was done.` +
      (foreign.length === 0
        ? ""
        : ` What is called ${foreign.join(", ")} there now was not made by this stack: it lacks its labels.`),
    (foreign.length === 0
      ? ""
      : `See what is in it, and take it away: docker volume rm ${foreign.join(" ")}. `) +
      "If the engine is not the one that the stack was made on, point dockerHost or DOCKER_HOST to that one. If you have a backup, restore the volumes under these names. " +
      `If the data may go for good: npm run down -- --stack ${stack.name} --delete-data, then npm run up -- --stack ${stack.name}`,
    3,
  );
}
