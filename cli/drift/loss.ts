import type { Settings } from "../../config/settings";
import { engineAddress, engineClient } from "../bootstrap/engine";
import { again } from "../engine/explain";
import { type State, VOLUME, exportState, importState, resourcesOf } from "../engine/recovery/state";
import type { Stack } from "../engine/stack";
import { UserError } from "../errors";
import { BUCKET, bucketFindings, goneWithBuckets } from "./buckets";
import { STORES, lostStores } from "./finding";
import { serviceFindings, unreachable } from "./services";

/** Whether the services answer in which data is stored, or nothing was ever stored in them. */
export async function canBeAsked(stack: Stack, settings: Settings): Promise<boolean> {
  const state = await exportState(stack);
  const engine = engineClient(engineAddress(settings.dockerHost));
  return (await unreachable(engine, state, stack.name)).urns.length === 0;
}

/** Types that hold data and of which providers tell reliably whether they are there. */
const ASKED: ReadonlySet<string> = new Set([...STORES].filter((type) => type !== VOLUME && type !== BUCKET));

/**
 * Refuses to make anew, empty, what holds data and is gone. Volumes were looked for before.
 *
 * @param accept - forget instead that it was ever there, so that the next `up` makes it
 * @throws UserError naming all of it, when something is gone and that is not accepted
 */
export async function refuseLoss(stack: Stack, accept: boolean): Promise<void> {
  const state = await exportState(stack, true);
  const buckets = await bucketFindings(state);
  if (accept) {
    const gone = new Set(goneWithBuckets(state, buckets));
    if (gone.size > 0) await importState(stack, forgotten(await exportState(stack), gone));
    return;
  }
  const only = resourcesOf(state).flatMap(({ urn, type }) => (ASKED.has(type) ? [urn] : []));
  const asked = only.length === 0 ? [] : await serviceFindings(stack, state, { only }, () => undefined);
  const lost = lostStores([...buckets, ...asked]);
  if (lost.length === 0) return;
  throw new UserError(
    `Data of stack ${stack.name} is gone, and \`up --refresh\` would make what held it anew, empty. So nothing was done.\n` +
      lost.map(({ what, lost: reason = "" }) => `  ${what}: ${reason}`).join("\n"),
    `Bring it back from a backup (docs/operations.md#backup), then: ${again(stack.name)} --refresh. ` +
      `If it may be empty from now on: ${again(stack.name)} --refresh --accept-loss`,
  );
}

/**
 * The state without some resources, and without a word of them in the others.
 *
 * @param urns - of the resources
 */
export function forgotten(state: State, urns: ReadonlySet<string>): State {
  const known = (list: readonly string[]): string[] => list.filter((urn) => !urns.has(urn));
  return {
    ...state,
    deployment: {
      ...state.deployment,
      resources: resourcesOf(state)
        .filter(({ urn }) => !urns.has(urn))
        .map(({ dependencies, propertyDependencies, ...resource }) => ({
          ...resource,
          ...(dependencies && { dependencies: known(dependencies) }),
          ...(propertyDependencies && {
            propertyDependencies: Object.fromEntries(
              Object.entries(propertyDependencies).map(([key, list]) => [key, known(list ?? [])]),
            ),
          }),
        })),
    },
  };
}
