import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import execa, { type ExecaReturnValue } from "execa";
import { parseDocument, stringify } from "yaml";
import { SettingsError } from "../../config/faults";
import { type Settings, parseSettings } from "../../config/settings";
import { valueOf } from "../../config/text";
import type { Toolchain } from "../bootstrap";
import { UserError } from "../errors";
import { checkout, stateDir } from "../paths";
import { type BackendEnv, backendRemedy, chosenBackend, kindOf, shown } from "./backend";
import { passphraseOf, passphraseText } from "./passphrase";
import type { State } from "./recovery/state";
import { type StackSalt, currentSalt, readSalt } from "./stackSalt";
import { type Resumable, refuseUnfinished } from "./unfinished";

/** A stack that the Pulumi CLI can be run on. */
export interface Stack {
  readonly name: string;
  readonly toolchain: Toolchain;
  /** Environment of every Pulumi command: backend and passphrase. */
  readonly env: NodeJS.ProcessEnv;
  /** Configuration file of this run; derived from the committed one, which stays as it is. */
  readonly configFile: string;
  /** Folder of this stack below the state folder. */
  readonly folder: string;
  /** Whether the state was there before. */
  readonly known: boolean;
}

/**
 * Folder of the stacks' configuration files `Pulumi.<stack>.yaml`: the checkout, or
 * MLFLOW_PLATFORM_CONFIG_DIR for those who keep theirs elsewhere.
 */
function configFolder(): string {
  return process.env["MLFLOW_PLATFORM_CONFIG_DIR"] ?? checkout;
}

/** Content of a stack's configuration file. */
export type StackConfig = {
  config?: Record<string, unknown>;
  encryptionsalt?: string;
  secretsprovider?: string;
  encryptedkey?: string;
};

/** What every setting's key begins with in a stack's file. */
export const NAMESPACE = "mlflow-platform:";

/** Names of the stacks that have a configuration file, in the order of the alphabet. */
export function stackNames(): string[] {
  const folder = configFolder();
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? [])
    .sort();
}

/** The settings of a stack's configuration, unchecked, without their namespace. */
export function settingsIn({ config = {} }: StackConfig): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) =>
      key.startsWith(NAMESPACE)
        ? [[key.slice(NAMESPACE.length), typeof value === "string" ? valueOf(value) : value] as const]
        : [],
    ),
  );
}

/**
 * Reads and checks the committed configuration of a stack. Touches nothing.
 *
 * @throws UserError when there is no such file; SettingsError with every fault of it
 */
export function readSettings(stack: string): Settings {
  const committed = readStackFile(stack);
  const settings = parseSettings(stack, settingsIn(committed));
  const plain = [...SECRETS].filter((key) => {
    const value = committed.config?.[NAMESPACE + key];
    return typeof value === "string" && value !== "";
  });
  if (plain.length > 0) {
    throw new SettingsError(
      stack,
      plain.map((key) => ({
        key,
        problem: `stands in clear in a file that is meant to be committed; replace it there, and at its source if it was committed: npm run pulumi -- config set --secret ${NAMESPACE}${key} --stack ${stack}`,
      })),
    );
  }
  return settings;
}

/** Settings that a stack file holds encrypted only. */
const SECRETS: ReadonlySet<string> = new Set(["duckdnsToken"]);

/** The committed configuration file of a stack. */
export function stackFile(stack: string): string {
  return join(configFolder(), `Pulumi.${stack}.yaml`);
}

/** Folder of a stack below the state folder. */
export function stackFolder(stack: string): string {
  return join(stateDir(), "stacks", stack);
}

/**
 * The committed configuration of a stack as it stands, settings unchecked.
 *
 * @throws UserError when there is none, or it is no YAML
 */
export function readStackFile(stack: string): StackConfig {
  const file = stackFile(stack);
  if (!existsSync(file)) {
    throw new UserError(
      `There is no Pulumi.${stack}.yaml, so the stack ${stack} has no settings.`,
      `Choose one of: ${stackNames().join(", ") || "none yet"}; or make it: npm run new-environment -- ${stack}`,
      2,
    );
  }
  const document = parseDocument(readFileSync(file, "utf8"));
  if (document.errors.length > 0) {
    throw new UserError(
      `Pulumi.${stack}.yaml is no valid YAML: ${document.errors.map(({ message }) => message).join("; ")}`,
      `Correct the file, then: npm run preview -- --stack ${stack}`,
      2,
    );
  }
  return (document.toJS() ?? {}) as StackConfig;
}

/** Settings that one run changes without writing them anywhere: `running: false` for `down`. */
export type Overrides = Readonly<Record<string, string | boolean>>;

/** The backend is there and knows no such stack. */
export class NoState extends UserError {}

/** How a stack is opened by the commands that look after its state. */
export interface OpenOptions {
  /** When there is no state: make one, refuse by NoState, or go on without. @default "make" */
  readonly absent?: "make" | "refuse" | "accept";
  /** The command that may go on with what it was interrupted in; any other is refused then. */
  readonly by?: Resumable;
  /** Configuration of the stack. @default what its file says */
  readonly committed?: StackConfig;
}

/**
 * Makes a stack ready for the Pulumi CLI: backend, passphrase, state, configuration file of this run.
 * Safe to interrupt and to repeat.
 *
 * @throws UserError when the backend or the passphrase does not serve, or the state was moved to another backend;
 *   NoState when there is none and none is to be made
 */
export async function openStack(
  name: string,
  toolchain: Toolchain,
  overrides: Overrides = {},
  { absent = "make", by, committed = readStackFile(name) }: OpenOptions = {},
): Promise<Stack> {
  const folder = stackFolder(name);
  const isNew = mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined;
  const backend = chosenBackend();
  refuseUnfinished(name, folder, backend.PULUMI_BACKEND_URL, by);
  const source = passphraseOf(name);
  const passphrase = passphraseText(source);
  const env = {
    ...toolchain.env,
    ...backend,
    ...source.env,
    // Events of a preview one by one, as those of an update.
    PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true",
  };
  const run: Run = (args) =>
    execa(toolchain.pulumi, ["-C", folder, ...args], { env, reject: false, extendEnv: false });
  // A second of a processor, beside the CLI's.
  const noted = readSalt(folder, name, passphrase);
  // It is awaited below, or the command ends for another reason.
  noted.catch(() => undefined);
  const known = await ensureState(name, run, env, folder, absent, noted).catch((error: unknown) => {
    if (isNew && error instanceof NoState) rmSync(folder, { recursive: true });
    throw error;
  });
  const salt =
    (committed.encryptionsalt ?? committed.secretsprovider)
      ? undefined
      : await currentSalt(known ? await noted : await readSalt(folder, name, passphrase), passphrase, () =>
          saltOfState(name, run, backend),
        );
  const configFile = join(folder, "config.yaml");
  writeFileSync(
    configFile,
    stringify({
      ...committed,
      ...(salt === undefined ? {} : { encryptionsalt: salt }),
      config: {
        ...committed.config,
        ...Object.fromEntries(Object.entries(overrides).map(([key, value]) => [NAMESPACE + key, value])),
      },
    }),
    { mode: 0o600 },
  );
  return { name, toolchain, env, configFile, folder, known };
}

/** Runs the Pulumi CLI in the stack's folder. */
type Run = (args: readonly string[]) => Promise<Pick<ExecaReturnValue, "exitCode" | "stdout" | "stderr">>;

/** Selects the stack's state, or makes it. Works in a folder of its own, so that no committed file is written. */
async function ensureState(
  name: string,
  run: Run,
  env: NodeJS.ProcessEnv,
  folder: string,
  absent: NonNullable<OpenOptions["absent"]>,
  noted: Promise<StackSalt>,
): Promise<boolean> {
  writeFileSync(join(folder, "Pulumi.yaml"), "name: mlflow-platform\nruntime: nodejs\n", { mode: 0o600 });
  const selected = await run(["stack", "select", name]);
  if (selected.exitCode === 0) return true;
  if (!/no stack named/.test(selected.stderr)) throw backendError(selected.stderr);
  if (absent === "accept") return false;
  if (absent === "refuse") {
    throw new NoState(
      `There is no state of stack ${name} at ${shown(env["PULUMI_BACKEND_URL"] ?? "")}: it was not deployed yet, or its state is elsewhere. Nothing was done.`,
      `If it is elsewhere, set PULUMI_BACKEND_URL to that address; \`npm run up -- --stack ${name}\` deploys it anew.`,
    );
  }
  const { file, isStale } = await noted;
  // It is that of a stack which is not here; the CLI would ask for its passphrase.
  if (isStale) rmSync(file);
  const made = await run(["stack", "init", name]);
  if (made.exitCode !== 0) throw backendError(made.stderr);
  return false;
}

function backendError(stderr: string): UserError {
  return new UserError(
    `The state cannot be opened: ${stderr.trim().split("\n").slice(-3).join(" ")}`,
    backendRemedy(stderr),
  );
}

/** The salt that a state is encrypted with; undefined where a service keeps its secrets, or it cannot be read. */
async function saltOfState(name: string, run: Run, backend: BackendEnv): Promise<string | undefined> {
  if (kindOf(backend.PULUMI_BACKEND_URL) === "service") return undefined;
  const { exitCode, stdout } = await run(["stack", "export", "--stack", name]);
  if (exitCode !== 0) return undefined;
  return (JSON.parse(stdout) as State).deployment.secrets_providers?.state?.salt;
}
