import { type BootstrapReporter, bootstrap } from "../bootstrap";
import { type Stack, type OpenOptions, openStack } from "../engine/stack";
import { claim } from "../engine/recovery/claim";
import { endLeftovers } from "../engine/recovery/leftovers";
import { type State, exportState } from "../engine/recovery/state";
import { UserError } from "../errors";
import { freeFromDead } from "./locks";

/**
 * Opens a stack for a command that looks after its state. No engine is needed for that, and nothing is measured.
 *
 * @param reporter - hears of it when the Pulumi CLI has to be built first
 * @throws UserError when there is no such state, unless `absent` says otherwise
 */
export async function openState(
  name: string,
  reporter: BootstrapReporter,
  options: OpenOptions = {},
): Promise<Stack> {
  const toolchain = await bootstrap({ reporter, only: ["pulumi", "plugins"] });
  return openStack(name, toolchain, {}, { absent: "refuse", ...options });
}

/**
 * Makes this process the only one that changes the stack, as far as that can be seen: ends what a killed run left, with
 * its lock, and refuses while a run is alive, here or behind a lock.
 *
 * @throws UserError when somebody else holds the stack
 */
export async function takeOver(stack: Stack): Promise<void> {
  await claimAlone(stack);
  await freeFromDead(stack);
}

/**
 * The same for this clone only.
 *
 * @returns how many processes of a killed run were ended
 */
export async function claimAlone(stack: Stack): Promise<number> {
  claim(stack);
  return endLeftovers(stack);
}

/** The state as it is, secrets encrypted; undefined when it cannot be read, with the reason. */
export async function readable(stack: Stack): Promise<State | Damage> {
  try {
    return await exportState(stack);
  } catch (error) {
    if (error instanceof UserError) return { damage: error.message };
    throw error;
  }
}

/** Why a state cannot be read. */
export interface Damage {
  readonly damage: string;
}

/** Whether a state could not be read. */
export function isDamaged(state: State | Damage): state is Damage {
  return "damage" in state;
}
