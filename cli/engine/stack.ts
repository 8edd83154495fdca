import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import execa from "execa";
import { parse, parseDocument, stringify } from "yaml";
import { SettingsError } from "../../config/faults";
import { type Settings, parseSettings } from "../../config/settings";
import { valueOf } from "../../config/text";
import type { Toolchain } from "../bootstrap";
import { UserError } from "../errors";
import { checkout, stateDir } from "../paths";

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

type StackConfig = { config?: Record<string, unknown>; encryptionsalt?: string; secretsprovider?: string };

/**
 * Reads and checks the committed configuration of a stack. Touches nothing.
 *
 * @throws UserError when there is no such file; SettingsError with every fault of it
 */
export function readSettings(stack: string): Settings {
  const { config = {} } = readStackFile(stack);
  const prefix = "mlflow-platform:";
  const raw = Object.entries(config).flatMap(([key, value]) =>
    key.startsWith(prefix) ? [[key.slice(prefix.length), value] as const] : [],
  );
  const values = raw.map(
    ([key, value]) => [key, typeof value === "string" ? valueOf(value) : value] as const,
  );
  const settings = parseSettings(stack, Object.fromEntries(values));
  const plain = raw.flatMap(([key, value]) =>
    SECRETS.has(key) && typeof value === "string" && value !== "" ? [key] : [],
  );
  if (plain.length > 0) {
    throw new SettingsError(
      stack,
      plain.map((key) => ({
        key,
        problem: `stands in clear in a file that is meant to be committed; replace it there, and at its source if it was committed: npm run pulumi -- config set --secret ${prefix}${key} --stack ${stack}`,
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

function readStackFile(stack: string): StackConfig {
  const file = stackFile(stack);
  if (!existsSync(file)) {
    const known = readdirSync(configFolder())
      .flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? [])
      .join(", ");
    throw new UserError(
      `There is no Pulumi.${stack}.yaml, so the stack ${stack} has no settings.`,
      `Choose one of: ${known}; or copy Pulumi.dev.yaml to Pulumi.${stack}.yaml and edit it.`,
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

/**
 * Makes a stack ready for the Pulumi CLI: backend, passphrase, state, configuration file of this run.
 * Safe to interrupt and to repeat.
 *
 * @throws UserError when the backend or the passphrase does not serve
 */
export async function openStack(
  name: string,
  toolchain: Toolchain,
  overrides: Overrides = {},
): Promise<Stack> {
  const folder = join(stateDir(), "stacks", name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const env = {
    ...toolchain.env,
    ...backend(),
    ...passphrase(),
    // Events of a preview one by one, as those of an update.
    PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true",
  };
  const committed = readStackFile(name);
  const known = await ensureState(name, toolchain.pulumi, env, folder);
  const secrets =
    (committed.encryptionsalt ?? committed.secretsprovider)
      ? {}
      : readYaml(join(folder, `Pulumi.${name}.yaml`));
  const configFile = join(folder, "config.yaml");
  writeFileSync(
    configFile,
    stringify({
      ...committed,
      ...(secrets.encryptionsalt === undefined ? {} : { encryptionsalt: secrets.encryptionsalt }),
      config: {
        ...committed.config,
        ...Object.fromEntries(
          Object.entries(overrides).map(([key, value]) => [`mlflow-platform:${key}`, value]),
        ),
      },
    }),
    { mode: 0o600 },
  );
  return { name, toolchain, env, configFile, folder, known };
}

/**
 * The state: where PULUMI_BACKEND_URL or a login says, else files in the state folder.
 */
function backend(): NodeJS.ProcessEnv {
  if (process.env["PULUMI_BACKEND_URL"]) {
    return { PULUMI_BACKEND_URL: process.env["PULUMI_BACKEND_URL"] };
  }
  const credentials = join(process.env["PULUMI_HOME"] ?? join(homedir(), ".pulumi"), "credentials.json");
  if (existsSync(credentials)) {
    const login = JSON.parse(readFileSync(credentials, "utf8")) as {
      current?: string;
      accounts?: Record<string, { accessToken?: string }>;
    };
    if (login.current) {
      const token = login.accounts?.[login.current]?.accessToken;
      return { PULUMI_BACKEND_URL: login.current, ...(token ? { PULUMI_ACCESS_TOKEN: token } : {}) };
    }
  }
  const files = join(stateDir(), "backend");
  mkdirSync(files, { recursive: true, mode: 0o700 });
  return { PULUMI_BACKEND_URL: `file://${files}` };
}

/** The passphrase of secrets: from the environment, else a random one of this clone, made once. */
function passphrase(): NodeJS.ProcessEnv {
  const { PULUMI_CONFIG_PASSPHRASE: text, PULUMI_CONFIG_PASSPHRASE_FILE: given } = process.env;
  if (text !== undefined) return { PULUMI_CONFIG_PASSPHRASE: text };
  if (given !== undefined) return { PULUMI_CONFIG_PASSPHRASE_FILE: given };
  const file = join(stateDir(), "passphrase");
  if (!existsSync(file)) {
    writeFileSync(file, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
  }
  return { PULUMI_CONFIG_PASSPHRASE_FILE: file };
}

/** Selects the stack's state, or makes it. Works in a folder of its own, so that no committed file is written. */
async function ensureState(
  name: string,
  cli: string,
  env: NodeJS.ProcessEnv,
  folder: string,
): Promise<boolean> {
  writeFileSync(join(folder, "Pulumi.yaml"), "name: mlflow-platform\nruntime: nodejs\n", { mode: 0o600 });
  const run = (args: string[]) =>
    execa(cli, ["-C", folder, ...args], { env, reject: false, extendEnv: false });
  const selected = await run(["stack", "select", name]);
  if (selected.exitCode === 0) return true;
  if (!/no stack named/.test(selected.stderr)) throw backendError(selected.stderr);
  const made = await run(["stack", "init", name]);
  if (made.exitCode !== 0) throw backendError(made.stderr);
  return false;
}

function backendError(stderr: string): UserError {
  return new UserError(
    `The state cannot be opened: ${stderr.trim().split("\n").slice(-3).join(" ")}`,
    "Check PULUMI_BACKEND_URL and your login (`npm run pulumi -- whoami -v`), then run the same command again.",
  );
}

function readYaml(file: string): StackConfig {
  return existsSync(file) ? ((parse(readFileSync(file, "utf8")) ?? {}) as StackConfig) : {};
}
