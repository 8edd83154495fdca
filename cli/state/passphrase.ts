import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { shown, useBackend } from "../engine/backend";
import { stamp, writePrivate } from "../engine/files";
import { fromFile, ownPassphraseFile, passphraseOf, passphraseText } from "../engine/passphrase";
import { pulumi } from "../engine/pulumi";
import { type State, exportState } from "../engine/recovery/state";
import { type Stack, type StackConfig, readStackFile, stackFile } from "../engine/stack";
import { CHANGE } from "../engine/unfinished";
import { UserError } from "../errors";
import { keepState } from "./backup";
import type { NewPassphrase } from "./newPassphrase";
import { takeOver } from "./open";
import { withCiphertexts } from "./reencrypt";
import { opens } from "../engine/salt";
import { backendOf, layProject } from "./scratch";
import { fingerprint, providerInWords } from "./stateFile";

/** What a change of the passphrase did. */
export interface Changed {
  /** It had been interrupted before; the new passphrase is the one from then. */
  readonly resumed: boolean;
  /** File with the new passphrase; undefined where it is the person's to keep. */
  readonly file: string | undefined;
  /** File in which the old one stays; undefined where it came from the environment. */
  readonly oldFile: string | undefined;
  /** File with what the stack's own file held before, which is neither: another backend's stack of that name has it. */
  readonly displaced: string | undefined;
  /** Copy of the state that the old one opens. */
  readonly backup: string | undefined;
}

/** What has to outlive an interruption; beside it lies the new passphrase. */
interface Plan {
  /** Whether the new passphrase stays in a file of this machine. */
  readonly keep: boolean;
  readonly backend: string;
}

/** The moments after which a change may be interrupted. */
export type Step = "planned" | "encrypted" | "proved" | "settings" | "placed" | "forgotten";

/**
 * Gives a stack another passphrase: its state and the encrypted settings of its file are encrypted anew, with the
 * salt. May be interrupted at any moment and repeated: the new passphrase is written down first, and the old one stays
 * in force, and where it is, until the new one has opened the state.
 *
 * @param next - asks for the new passphrase; not called when an interrupted change is finished
 * @param after - called after each step, for tests that interrupt it there
 * @throws UserError when the secrets are not kept by a passphrase, the present one does not open them, or the stack is
 *   held
 */
export async function changePassphrase(
  stack: Stack,
  next: () => Promise<NewPassphrase>,
  after: (step: Step) => void = () => undefined,
): Promise<Changed> {
  refuseOtherProvider(stack.name, readStackFile(stack.name).secretsprovider);
  const folder = join(stack.folder, CHANGE);
  rmSync(`${folder}.done`, { recursive: true, force: true });
  const resumed = existsSync(folder);
  const before = passphraseOf(stack.name);
  if (!resumed) {
    await refuseWrong(stack, await exportState(stack), passphraseText(before));
    const { text, generated } = await next();
    refuseSame(text, passphraseText(before));
    await takeOver(stack);
    // What this clone kept in a file, it goes on keeping in one.
    const keep = generated || before.origin === "stack" || before.origin === "clone";
    writePlan(folder, { keep, backend: backendOf(stack) }, text);
  } else {
    await takeOver(stack);
  }
  after("planned");
  const plan = readPlan(stack, folder);
  const backup = await encrypt(stack, withNew(stack, folder), folder, after);
  after("proved");
  renewSettings(stack, folder);
  after("settings");
  // Who typed the new one into a run that was interrupted may not have it any more.
  const keeps = plan.keep || resumed;
  const aside = keeps ? setAside(stack, folder) : undefined;
  const file = keeps ? place(stack, folder) : undefined;
  after("placed");
  // At once: half of the folder would be a change that nobody can finish.
  renameSync(folder, `${folder}.done`);
  after("forgotten");
  rmSync(`${folder}.done`, { recursive: true, force: true });
  const own = before.origin === "stack";
  return {
    ...{ resumed, file, backup },
    oldFile: own ? aside : before.file,
    displaced: own ? undefined : aside,
  };
}

/**
 * Encrypts the state anew unless it is, and proves that the new passphrase opens it.
 *
 * @returns a copy of the state under the old passphrase
 */
async function encrypt(
  old: Stack,
  renewed: Stack,
  folder: string,
  after: (step: Step) => void,
): Promise<string | undefined> {
  const state = await exportState(old);
  if (await opens(state.deployment.secrets_providers?.state?.salt ?? "", newText(folder))) {
    await exportState(renewed, true);
    return undefined;
  }
  const said = fingerprint(await exportState(old, true));
  const copy = keepState(old, state, "before-passphrase");
  await convert(old, folder);
  after("encrypted");
  if (fingerprint(await exportState(renewed, true)) === said) return copy;
  throw new UserError(
    `The state of stack ${old.name} does not say the same under the new passphrase. Both passphrases are kept.`,
    `The state under the old one is ${copy}. Run the same command again; if it fails again, report it.`,
  );
}

/** Lets the engine encrypt anew, in a folder of its own: it writes the stack file there before it writes the state. */
async function convert(stack: Stack, cwd: string): Promise<void> {
  layProject(stack, cwd);
  const settings = join(cwd, `Pulumi.${stack.name}.yaml`);
  rmSync(settings, { force: true });
  const committed = readStackFile(stack.name);
  if (committed.encryptionsalt !== undefined) writeFileSync(settings, stringify(committed), { mode: 0o600 });
  const { exitCode, stderr } = await pulumi(stack, ["stack", "change-secrets-provider", "passphrase"], {
    cwd,
    input: `${newText(cwd)}\n`,
  });
  if (exitCode === 0) return;
  throw new UserError(
    `The state of stack ${stack.name} could not be encrypted anew: ${stderr.trim()}. Both passphrases are kept.`,
    `Mend what it names, then go on: npm run state -- passphrase --stack ${stack.name}`,
  );
}

/** Takes the new salt and ciphertexts into the file that is committed, and into the one beside the state. */
function renewSettings(stack: Stack, folder: string): void {
  const after = parse(readFileSync(join(folder, `Pulumi.${stack.name}.yaml`), "utf8")) as StackConfig;
  const before = readStackFile(stack.name);
  if (before.encryptionsalt !== undefined && before.encryptionsalt !== after.encryptionsalt) {
    const file = stackFile(stack.name);
    const text = withCiphertexts(readFileSync(file, "utf8"), before, after);
    writePrivate(file, text, statSync(file).mode & 0o777);
  }
  writePrivate(
    join(stack.folder, `Pulumi.${stack.name}.yaml`),
    stringify({ encryptionsalt: after.encryptionsalt }),
  );
}

/**
 * Keeps what the stack's own file holds beside the new passphrase: it opens the copies that were made under it, or the
 * stack of that name in another backend.
 */
function setAside(stack: Stack, folder: string): string | undefined {
  const own = ownPassphraseFile(stack.name);
  if (!existsSync(own) || readFileSync(own, "utf8").trim() === newText(folder)) return undefined;
  const old = `${own}.until-${stamp()}`;
  writePrivate(old, readFileSync(own, "utf8"));
  return old;
}

function place(stack: Stack, folder: string): string {
  const own = ownPassphraseFile(stack.name);
  writePrivate(own, `${newText(folder)}\n`);
  return own;
}

function writePlan(folder: string, plan: Plan, text: string): void {
  const half = `${folder}.half`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half, { mode: 0o700 });
  writePrivate(join(half, "new"), `${text}\n`);
  writePrivate(join(half, "plan.json"), JSON.stringify(plan));
  renameSync(half, folder);
}

function readPlan(stack: Stack, folder: string): Plan {
  const plan = JSON.parse(readFileSync(join(folder, "plan.json"), "utf8")) as Plan;
  if (plan.backend === backendOf(stack)) return plan;
  throw new UserError(
    `The passphrase of stack ${stack.name} was being changed in ${shown(plan.backend)}, which is not the backend now. Nothing was done.`,
    `${useBackend(plan.backend)}, then run the same command again.`,
  );
}

function newText(folder: string): string {
  return readFileSync(join(folder, "new"), "utf8").trim();
}

/** The stack as it will be opened with the new passphrase. */
function withNew(stack: Stack, folder: string): Stack {
  // The variable with the text would count before the one with the file.
  return {
    ...stack,
    env: { ...stack.env, PULUMI_CONFIG_PASSPHRASE: undefined, ...fromFile("stack", join(folder, "new")).env },
  };
}

/** A salt is opened with a passphrase; a key service is asked, and has no passphrase to change. */
function refuseOtherProvider(stack: string, provider: string | undefined): void {
  if (provider === undefined || provider === "passphrase" || provider === "default") return;
  throw new UserError(
    `The secrets of stack ${stack} are kept by ${provider}, not by a passphrase, so there is none to change. Nothing was changed.`,
    "Its key is changed there, or another one is chosen with Pulumi itself: pulumi stack change-secrets-provider (docs/state.md#other-secrets-providers)",
    2,
  );
}

async function refuseWrong(stack: Stack, state: State, passphrase: string): Promise<void> {
  const provider = state.deployment.secrets_providers;
  if (provider !== undefined && provider.type !== "passphrase") {
    refuseOtherProvider(stack.name, providerInWords(provider));
  }
  const committed = readStackFile(stack.name).encryptionsalt;
  const closed = [
    ...((await opensAll(provider?.state?.salt, passphrase)) ? [] : ["its state"]),
    ...((await opensAll(committed, passphrase)) ? [] : [stackFile(stack.name)]),
  ];
  if (closed.length === 0) return;
  throw new UserError(
    `The present passphrase of stack ${stack.name} does not open ${closed.join(" and ")}. Nothing was changed.`,
    "Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the one that does, or unset them; then run the same command again.",
  );
}

async function opensAll(salt: string | undefined, passphrase: string): Promise<boolean> {
  return salt === undefined || opens(salt, passphrase);
}

function refuseSame(text: string, present: string): void {
  if (text !== present) return;
  throw new UserError(
    "The new passphrase is the present one. Nothing was changed.",
    "Give another one, or --generate.",
    2,
  );
}
