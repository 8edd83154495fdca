import { UserError } from "../../errors";
import { pulumi } from "../pulumi";
import type { Stack } from "../stack";

/** A resource as the state holds it; only what recovery looks at. The rest is carried along untouched. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  /** Made by a provider; components are not. */
  readonly custom?: boolean;
  /** The engine refuses to delete it. */
  readonly protect?: boolean;
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly parent?: string;
  /** URNs of what has to be there before. */
  readonly dependencies?: readonly string[];
  /** The same by property. */
  readonly propertyDependencies?: Readonly<Record<string, readonly string[] | null>>;
  /** URN and id of the provider, joined by `::`. */
  readonly provider?: string;
  /** Replaced already, and to be deleted. */
  readonly delete?: boolean;
  /** To be replaced by the next run. */
  readonly taint?: boolean;
}

/** An operation that was begun and whose end is not recorded. */
export interface PendingOperation {
  readonly resource: StateResource;
  /** `creating`, `updating`, `deleting`, `reading` or `importing`. */
  readonly type: string;
}

/** What keeps the secrets of a state. */
export interface SecretsProvider {
  /** `passphrase`, `cloud` for a key service, `service` for Pulumi Cloud. */
  readonly type: string;
  readonly state?: {
    /** Of a passphrase: its salt, and a word by which it is known again. */
    readonly salt?: string;
    /** Of a key service: its address, such as `hashivault://key`. */
    readonly url?: string;
  };
}

/** The state of a stack, as `pulumi stack export` gives it. */
export interface State {
  readonly version: number;
  readonly deployment: {
    readonly manifest?: {
      /** When it was written, ISO 8601. */
      readonly time?: string;
    };
    readonly secrets_providers?: SecretsProvider;
    readonly resources?: readonly StateResource[];
    readonly pending_operations?: readonly PendingOperation[];
  };
}

export const CONTAINER = "docker:index/container:Container";
export const NETWORK = "docker:index/network:Network";
export const VOLUME = "docker:index/volume:Volume";

/** All resources, also those that wait for their deletion. */
export function resourcesOf({ deployment }: State): readonly StateResource[] {
  return deployment.resources ?? [];
}

/** All operations whose end is not recorded. */
export function pendingOf({ deployment }: State): readonly PendingOperation[] {
  return deployment.pending_operations ?? [];
}

/** Whether there was never anything, or everything was removed. */
export function isEmpty(state: State): boolean {
  return resourcesOf(state).length === 0 && pendingOf(state).length === 0;
}

/**
 * Reads the state.
 *
 * @param secrets - decrypt secrets; such a state stays in memory and goes nowhere
 * @throws UserError when it cannot be read
 */
export async function exportState(stack: Stack, secrets = false): Promise<State> {
  const { exitCode, stdout, stderr } = await pulumi(stack, [
    "stack",
    "export",
    ...(secrets ? ["--show-secrets"] : []),
  ]);
  if (exitCode !== 0) throw unreadable(stack, stderr);
  return JSON.parse(stdout) as State;
}

/**
 * Writes the state. The engine checks it before it takes it.
 *
 * @throws UserError when the engine refuses it; the state stays as it was
 */
export async function importState(stack: Stack, state: State): Promise<void> {
  const { exitCode, stderr } = await pulumi(stack, ["stack", "import"], { input: JSON.stringify(state) });
  if (exitCode !== 0) throw unreadable(stack, stderr);
}

/**
 * Reads what is really there for some resources, and drops from the state what is gone.
 *
 * @param urns - the resources, at least one
 * @throws UserError when one cannot be read
 */
export async function refreshOnly(stack: Stack, urns: readonly string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await pulumi(stack, [
    "refresh",
    "--yes",
    "--skip-preview",
    ...urns.flatMap((urn) => ["--target", urn]),
  ]);
  if (exitCode !== 0) throw unreadable(stack, `${stdout}\n${stderr}`);
}

function unreadable(stack: Stack, said: string): UserError {
  return new UserError(
    `The state of stack ${stack.name} cannot be read or written: ${said.trim().split("\n").slice(-5).join("\n")}`,
    `npm run state -- status --stack ${stack.name}; docs/state.md has the command for each case. Then run the same command again.`,
  );
}
