import { mkdir } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { UserError } from "../errors";
import { cacheDir, checkout, stateDir } from "../paths";
import { artifactsStep } from "./artifacts";
import { baseImageStep } from "./baseImage";
import { chromiumStep } from "./chromium";
import type { BootstrapContext, Step } from "./context";
import { engineAddress } from "./engine";
import { engineStep } from "./engineStep";
import { hostFacts } from "./host";
import { preflightStep } from "./measure";
import { pluginsStep } from "./plugins";
import type { PreflightRequest } from "./preflight";
import { installedPulumi, pulumiStep } from "./pulumi";
import { pulumiHome, withoutLogs } from "./pulumiHome";
import type { BootstrapReporter } from "./reporter";

export type { BootstrapReporter, StepTask } from "./reporter";
export type { PortWish, PreflightRequest } from "./preflight";
export { listrReporter } from "./listrReporter";
export { silentReporter } from "./silentReporter";

/** What is needed to run Pulumi. */
export interface Toolchain {
  /** Environment for the CLI: its programs and Node first on PATH, our own PULUMI_HOME, no questions to the internet. */
  env: NodeJS.ProcessEnv;
  /** Absolute path of the CLI. */
  pulumi: string;
}

/** What to set up. */
export interface BootstrapOptions extends PreflightRequest {
  reporter: BootstrapReporter;
  /**
   * Names of the steps to run, or `toolchain` for what it takes to run Pulumi; default all but those that run on
   * request only (`chromium`).
   */
  only?: readonly string[];
  /** The setting `dockerHost`; default `DOCKER_HOST` or the local socket. */
  dockerHost?: string;
  /** Services whose image is given by `images.<service>`, so that nothing is prepared for it. */
  foreignImages?: readonly string[];
}

/** All steps, in order. */
const STEPS: readonly Step[] = [
  {
    name: "host",
    title: "This machine",
    run: (context, task) => {
      const { os, goArch, root } = context.host;
      task.result(`${os}, ${goArch}, Node ${process.versions.node}, ${root ? "as root" : "not root"}`);
      return Promise.resolve();
    },
  },
  preflightStep,
  engineStep,
  pulumiStep,
  pluginsStep,
  baseImageStep,
  artifactsStep,
  chromiumStep,
];

/** Names of the steps, for `only`. */
export const STEP_NAMES: readonly string[] = STEPS.map((step) => step.name);

/** Names that stand for several steps. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  toolchain: [pulumiStep.name, pluginsStep.name],
};

/**
 * Sets up everything that a deployment needs. Safe to interrupt and to repeat: what is there is kept, what was left
 * half made is made anew.
 * @throws UserError: exit 3 when the machine is not fit, 2 for a wrong option, 1 when a step failed
 */
export async function bootstrap(options: BootstrapOptions): Promise<Toolchain> {
  const only = options.only?.flatMap((name) => GROUPS[name] ?? [name]);
  const unknown = only?.find((name) => !STEP_NAMES.includes(name));
  if (unknown)
    throw new UserError(`There is no step "${unknown}"`, `Choose from: ${STEP_NAMES.join(", ")}.`, 2);
  const context: BootstrapContext = {
    preflight: options,
    dockerHost: options.dockerHost,
    foreignImages: new Set(options.foreignImages),
    host: hostFacts(),
    programs: [],
  };
  // Holds state and logs, which name people and paths: for this user only.
  await mkdir(stateDir(), { recursive: true, mode: 0o700 });
  for (const step of STEPS) {
    const wanted = only ? only.includes(step.name) : !step.onRequest;
    if (wanted) await options.reporter.step(step.title, (task) => step.run(context, task));
  }
  return toolchain(context);
}

async function toolchain(context: BootstrapContext): Promise<Toolchain> {
  const { dockerHost } = context;
  await withoutLogs();
  // Without the step `pulumi` in `only`, what earlier runs left is used.
  const programs = context.programs.length > 0 ? context.programs : await installedPulumi(context.host);
  const node = dirname(process.execPath);
  const path = [...programs, join(checkout, "node_modules", ".bin"), node, process.env["PATH"] ?? ""];
  return {
    pulumi: join(programs[0] ?? "", "pulumi"),
    env: {
      ...process.env,
      PATH: path.join(delimiter),
      PULUMI_HOME: pulumiHome(),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      // All plugins are laid out already; a missing one is a fault to see, not a download to wait for.
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      // `npm test` checks types; here it would only cost seconds on every run.
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
      // Programs of Node that run again and again keep what they have compiled.
      NODE_COMPILE_CACHE: join(cacheDir(), "compiled"),
      // It would lead the docker provider to another engine than everything else.
      DOCKER_CONTEXT: undefined,
      ...(dockerHost ? { DOCKER_HOST: engineAddress(dockerHost) } : {}),
    },
  };
}
