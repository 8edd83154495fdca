import type { Settings } from "../../config/settings";
import { typesOf } from "../../lib/changes/data";
import { engineAddress, engineClient } from "../bootstrap/engine";
import { exportState, resourcesOf } from "../engine/recovery/state";
import type { Stack } from "../engine/stack";
import { UserError } from "../errors";
import { bucketFindings, goneWithBuckets } from "./buckets";
import { containerFindings } from "./containers";
import type { Drift } from "./finding";
import { serviceFindings, unreachable } from "./services";
import { volumeFindings } from "./volumes";

/**
 * Compares a stack with what its last `up` made. Changes nothing.
 *
 * @param say - told what is under way
 * @throws UserError when the stack was never deployed, is down, or the engine does not answer
 */
export async function compareStack(
  stack: Stack,
  settings: Settings,
  say: (line: string) => void,
): Promise<Drift> {
  const { name } = stack;
  const state = await exportState(stack, true);
  const resources = resourcesOf(state).filter(({ custom, type }) => custom === true && !isProvider(type));
  if (resources.length === 0) {
    throw new UserError(
      `Stack ${name} was not deployed yet, so there is nothing to compare.`,
      `npm run up -- --stack ${name}`,
    );
  }
  const engine = engineClient(engineAddress(settings.dockerHost));
  const own = [...(await volumeFindings(engine, state, name)), ...(await containerFindings(engine, state))];
  const closed = await unreachable(engine, state, name);
  const store = canAskStore(closed.urns) ? await bucketFindings(state) : [];
  // What is known to be amiss is not asked for: a provider that reads a container that is gone or stopped has ways of
  // its own to deal with it.
  const amiss = [...own.map(({ urn }) => urn), ...goneWithBuckets(state, store)];
  const without = [...new Set([...closed.urns, ...amiss])];
  const others = await serviceFindings(stack, state, { without }, say);
  return {
    stack: name,
    compared: resources.length - closed.urns.length,
    findings: [...own, ...store, ...others],
    notCompared: closed.notCompared,
  };
}

/** Whether the object store is not among what cannot be asked. */
function canAskStore(closed: readonly string[]): boolean {
  return !closed.some((urn) => typesOf(urn).at(-1)?.startsWith("minio:"));
}

function isProvider(type: string): boolean {
  return type.startsWith("pulumi:providers:");
}
