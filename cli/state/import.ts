import { readFileSync } from "node:fs";
import { type State, exportState, importState, pendingOf, resourcesOf } from "../engine/recovery/state";
import { passphraseOf, passphraseText } from "../engine/passphrase";
import type { Stack } from "../engine/stack";
import { UserError, messageOf } from "../errors";
import { quoted } from "../shell";
import { keepDamaged, keepState } from "./backup";
import { isDamaged, readable, takeOver } from "./open";
import { opens } from "../engine/salt";
import { ownersOf, parseStateFile, secretsIn, writtenAt } from "./stateFile";

/** What an import did. */
export interface Imported {
  readonly resources: number;
  /** Copies of what was there before. */
  readonly kept: readonly string[];
  /** Operations that the file calls unfinished; the engine drops such notes. */
  readonly dropped: readonly string[];
  /** Whether the file holds secrets in clear. */
  readonly clear: boolean;
}

/**
 * Reads a file with a state.
 *
 * @throws UserError, exit 2, when there is none in it
 */
export function readStateFile(file: string): State {
  try {
    return parseStateFile(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UserError(
      `${file} holds no state that can be read: ${messageOf(error)}. Nothing was changed.`,
      "Give --file a file that `npm run state -- export` wrote, or a copy that `npm run state -- status` names.",
      2,
    );
  }
}

/**
 * What is wrong with a state for a stack, all of it; empty when it fits.
 *
 * @param passphrase - that the stack's secrets are opened with
 */
export async function faultsOf(state: State, stack: string, passphrase: string): Promise<string[]> {
  const faults = ownersOf(state).flatMap(({ stack: owner, project }) => [
    ...(owner === stack ? [] : [`it is the state of stack ${owner}, not of ${stack}`]),
    ...(project === "mlflow-platform"
      ? []
      : [`it is the state of project ${project}, not of mlflow-platform`]),
  ]);
  const secrets = secretsIn(state.deployment);
  const provider = state.deployment.secrets_providers;
  if (provider === undefined && secrets.total > 0) {
    faults.push("it holds secrets and does not say what encrypts them");
  }
  const salt = provider?.type === "passphrase" ? (provider.state?.salt ?? "") : undefined;
  if (salt !== undefined && !(await opens(salt, passphrase))) {
    faults.push(
      `the passphrase of stack ${stack} does not open its secrets; set PULUMI_CONFIG_PASSPHRASE_FILE to the one that does`,
    );
  }
  return faults;
}

/**
 * Puts a state in the place of the one that is there, of which copies are kept, readable or not. May be interrupted
 * and repeated: the engine replaces a state at once.
 *
 * @param force - take one that is older than what is there
 * @throws UserError when the file does not fit (exit 2), is older, or the stack is held
 */
export async function importInto(stack: Stack, file: string, force: boolean): Promise<Imported> {
  const state = readStateFile(file);
  const faults = await faultsOf(state, stack.name, passphraseText(passphraseOf(stack.name)));
  if (faults.length > 0) {
    throw new UserError(
      `${file} does not fit stack ${stack.name}, so nothing was changed:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`,
      "Give the file of this stack, or its stack's name with --stack.",
      2,
    );
  }
  await takeOver(stack);
  const present = await readable(stack);
  if (!isDamaged(present) && !force) refuseOlder(state, present, file, stack.name);
  const kept = isDamaged(present) ? keepDamaged(stack) : [keepState(stack, present, "before-import")];
  await importState(stack, state);
  await prove(stack, state, kept);
  return {
    resources: resourcesOf(state).length,
    kept,
    dropped: pendingOf(state).map(({ type, resource }) => `${type} ${resource.urn}`),
    clear: secretsIn(state.deployment).clear > 0,
  };
}

function refuseOlder(state: State, present: State, file: string, stack: string): void {
  const [there, given] = [writtenAt(present), writtenAt(state)];
  if (resourcesOf(present).length === 0 || there === undefined) return;
  if (given !== undefined && given >= there) return;
  const time = (at: number | undefined): string =>
    at === undefined ? "no time" : new Date(at).toISOString();
  throw new UserError(
    `${file} is older (${time(given)}) than the state of stack ${stack} (${time(there)}): what was made since would be forgotten. Nothing was changed.`,
    `If that is meant: npm run state -- import --stack ${stack} --file ${quoted(file)} --force`,
  );
}

/** What was written is read back, and its secrets are opened. */
async function prove(stack: Stack, state: State, kept: readonly string[]): Promise<void> {
  const urns = (of: State): string =>
    resourcesOf(of)
      .map(({ urn }) => urn)
      .join("\n");
  if (urns(await exportState(stack, true)) === urns(state)) return;
  throw new UserError(
    `The backend does not give back what was written to it. What was there before is kept: ${kept.join(", ")}`,
    `Look at the backend, then: npm run state -- import --stack ${stack.name} --file ${quoted(kept[0] ?? "COPY")} --force`,
  );
}
