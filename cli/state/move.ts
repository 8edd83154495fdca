import { existsSync, mkdirSync } from "node:fs";
import { backendEnv, backendRemedy, filesOf, kindOf, shown } from "../engine/backend";
import { stamp } from "../engine/files";
import { pulumi } from "../engine/pulumi";
import { type State, exportState, isEmpty, pendingOf, resourcesOf } from "../engine/recovery/state";
import type { Stack } from "../engine/stack";
import { movedFrom, noteMove } from "../engine/unfinished";
import { UserError } from "../errors";
import { keepState } from "./backup";
import { freeFromDead } from "./locks";
import { claimAlone } from "./open";
import { backendOf, inScratch } from "./scratch";
import { fingerprint } from "./stateFile";

/** What a move did. */
export interface Moved {
  readonly from: string;
  readonly to: string;
  readonly resources: number;
  /** Name that the old state has now where it was; undefined when an earlier run has given it. */
  readonly oldName: string | undefined;
}

/** The moments after which a move may be interrupted. */
export type MoveStep = "copied" | "noted";

/**
 * The address to move to, as the CLI takes it.
 *
 * @throws UserError, exit 2, when it is no backend's, holds a password, or needs a token that is not there
 */
export function destination(url: string): NodeJS.ProcessEnv & { readonly PULUMI_BACKEND_URL: string } {
  const faults = [
    ...(/^(file|s3|gs|azblob|postgres|https?):\/\/./.test(url)
      ? []
      : [
          `${shown(url)} is no address of a backend; it begins with file://, s3://, gs://, azblob://, postgres:// or https://`,
        ]),
    ...(shown(url) === url
      ? []
      : [
          "it holds a password, which everyone on this machine can read in the list of processes; give it in the environment (PGPASSWORD)",
        ]),
    ...(/^file:\/\/(?![/~])/.test(url)
      ? ["a path after file:// begins with / or ~, since it is used from many folders"]
      : []),
  ];
  const env = backendEnv(url);
  if (kindOf(url) === "service" && !(env.PULUMI_ACCESS_TOKEN ?? process.env["PULUMI_ACCESS_TOKEN"])) {
    faults.push(`it takes a token: set PULUMI_ACCESS_TOKEN, or \`pulumi login ${url}\``);
  }
  if (faults.length === 0) return env;
  throw new UserError(
    `The state cannot be moved there. Nothing was done.\n${faults.map((fault) => `  - ${fault}`).join("\n")}`,
    "npm run state -- move --to 's3://bucket?region=eu-central-1' (docs/state.md)",
    2,
  );
}

/**
 * Moves a state to another backend: copies it, proves that the copy says the same and opens, notes the move, and gives
 * the old one another name, by which nobody deploys by mistake. May be interrupted at any moment and repeated; until
 * the copy is proved, the old state is the one that counts.
 *
 * @param target - from `destination`
 * @param after - called after each step, for tests that interrupt it there
 * @throws UserError when the state is held, has unfinished operations, or another state of that name is there
 */
export async function moveState(
  stack: Stack,
  target: ReturnType<typeof destination>,
  after: (step: MoveStep) => void = () => undefined,
): Promise<Moved> {
  const [from, to] = [backendOf(stack), target.PULUMI_BACKEND_URL];
  if (from === to) throw same(stack, to);
  await claimAlone(stack);
  const there: Stack = { ...stack, env: { ...stack.env, ...target } };
  return inScratch(stack, async (cwd) => {
    const source = await stateIn(stack, cwd);
    if (source === undefined) return movedBefore(stack, there, cwd);
    await freeFromDead(stack);
    // Once it is noted, the state there counts, and may have gone on since an interruption.
    if (!(movedFrom(stack.folder, from)?.to === to && (await holdsState(there, cwd)))) {
      refuseUnsettled(stack, source);
      const said = fingerprint(await exportState(stack, true));
      await copyTo(stack, there, source, said, cwd);
      if (fingerprint(await exportState(stack, true)) !== said) throw changedMeanwhile(stack);
      after("copied");
      keepState(stack, source, "before-move");
      noteMove(stack.folder, from, to);
      after("noted");
    }
    const oldName = `${stack.name}-moved-${stamp()}`;
    await rename(stack, oldName, cwd);
    return { from, to, resources: resourcesOf(source).length, oldName };
  });
}

/** The state, secrets encrypted; undefined when the backend has none of that name. */
async function stateIn(stack: Stack, cwd: string): Promise<State | undefined> {
  const { exitCode, stdout, stderr } = await pulumi(stack, ["stack", "export"], { cwd });
  if (exitCode === 0) return JSON.parse(stdout) as State;
  if (/no stack named/.test(stderr)) return undefined;
  throw new UserError(
    `The state of stack ${stack.name} at ${shown(backendOf(stack))} cannot be read: ${stderr.trim()}`,
    backendRemedy(stderr),
  );
}

/** A run that was interrupted after the renaming has done everything; without its note there is nothing to move. */
async function movedBefore(stack: Stack, there: Stack, cwd: string): Promise<Moved> {
  const [from, to] = [backendOf(stack), backendOf(there)];
  const copy = movedFrom(stack.folder, from)?.to === to ? await stateIn(there, cwd) : undefined;
  if (copy !== undefined) return { from, to, resources: resourcesOf(copy).length, oldName: undefined };
  throw new UserError(
    `There is no state of stack ${stack.name} at ${shown(from)}, so there is nothing to move.`,
    "Set PULUMI_BACKEND_URL to where it is, then run the same command again.",
  );
}

async function holdsState(stack: Stack, cwd: string): Promise<boolean> {
  const state = await stateIn(stack, cwd);
  return state !== undefined && !isEmpty(state);
}

async function copyTo(stack: Stack, there: Stack, source: State, said: string, cwd: string): Promise<void> {
  const files = filesOf(backendOf(there));
  if (files !== undefined && !existsSync(files)) mkdirSync(files, { recursive: true, mode: 0o700 });
  const present = await stateIn(there, cwd);
  if (present === undefined) await make(there, cwd);
  else if (!isEmpty(present) && (await sayOf(there)) !== said) throw another(there);
  // It says the same: a copy of an interrupted run, or the very same place by another spelling of its address.
  else if (await isSamePlace(stack, there, cwd)) throw same(stack, backendOf(there));
  if (present === undefined || isEmpty(present)) {
    const { exitCode, stderr } = await pulumi(there, ["stack", "import"], {
      cwd,
      input: JSON.stringify(source),
    });
    if (exitCode !== 0) throw notWritten(there, stderr);
  }
  if ((await sayOf(there)) !== said)
    throw notWritten(there, "it gives back something else than what was written");
}

/** Whether two addresses lead to one place: a stack that is made in one is seen in the other. */
async function isSamePlace(stack: Stack, there: Stack, cwd: string): Promise<boolean> {
  const name = `${stack.name}-probe-${stamp()}`;
  const probe = { ...there, name };
  await make(probe, cwd);
  try {
    return (await stateIn({ ...stack, name }, cwd)) !== undefined;
  } finally {
    await pulumi(probe, ["stack", "rm", "--yes", "--preserve-config"], { cwd });
  }
}

/** What the state says; another passphrase than ours says something else. */
async function sayOf(stack: Stack): Promise<string | undefined> {
  const { exitCode, stdout } = await pulumi(stack, ["stack", "export", "--show-secrets"]);
  return exitCode === 0 ? fingerprint(JSON.parse(stdout) as State) : undefined;
}

async function make(there: Stack, cwd: string): Promise<void> {
  const args = ["stack", "init", "--no-select", "--secrets-provider", "passphrase"];
  const { exitCode, stderr } = await pulumi(there, args, { cwd });
  if (exitCode !== 0) throw notWritten(there, stderr);
}

async function rename(stack: Stack, name: string, cwd: string): Promise<void> {
  const { exitCode, stderr } = await pulumi(stack, ["stack", "rename", name], { cwd });
  if (exitCode === 0) return;
  throw new UserError(
    `The state of stack ${stack.name} is copied, but the old one could not be renamed: ${stderr.trim()}`,
    "Run the same command again.",
  );
}

function refuseUnsettled(stack: Stack, source: State): void {
  const pending = pendingOf(source);
  if (pending.length === 0) return;
  throw new UserError(
    `The state of stack ${stack.name} has ${pending.length} unfinished operations of an interrupted run, which would be forgotten. Nothing was done.`,
    `npm run state -- unlock --stack ${stack.name} puts them in order; then run the same command again.`,
  );
}

function same(stack: Stack, to: string): UserError {
  return new UserError(
    `The state of stack ${stack.name} is at ${shown(to)} already.`,
    "Give another address with --to.",
    2,
  );
}

function another(there: Stack): UserError {
  return new UserError(
    `Another state of stack ${there.name} is at ${shown(backendOf(there))} already. Nothing was done.`,
    "Look at it with that PULUMI_BACKEND_URL: npm run state -- status. If it may go, rename or remove it there; else choose another address.",
  );
}

function notWritten(there: Stack, why: string): UserError {
  return new UserError(
    `The state of stack ${there.name} could not be copied to ${shown(backendOf(there))}: ${why.trim()}. The old one still counts.`,
    "Mend what it names, then run the same command again.",
  );
}

function changedMeanwhile(stack: Stack): UserError {
  return new UserError(
    `The state of stack ${stack.name} was changed while it was copied. The old one still counts.`,
    `Wait for the other run. Remove the copy that is old now from the new address, then run the same command again.`,
  );
}
