import type { Settings } from "../../config/settings";
import { bootstrap } from "../bootstrap";
import type { BootstrapReporter } from "../bootstrap/reporter";
import { keepCaFile } from "../certificates/caFile";
import { up } from "./operations";
import { outputsOf } from "./outputs";
import { portWishes } from "./ports";
import { changesInWords } from "./progress";
import type { RemovedTeam } from "./removedTeams";
import { type Purpose, recover } from "./recovery/recover";
import { type Overrides, type Stack, openStack } from "./stack";

export interface PrepareOptions {
  readonly reporter: BootstrapReporter;
  /** Settings of this run only. */
  readonly overrides?: Overrides;
  /**
   * What comes next, for which the remains of an interrupted run are put in order; `false` for what changes nothing
   * and may run beside another run. @default "up"
   */
  readonly recover?: Purpose | false;
}

/**
 * Everything before the engine runs: tools, state, and the remains of an interrupted run.
 * Safe to interrupt and to repeat.
 */
export async function prepare(settings: Settings, options: PrepareOptions): Promise<Stack> {
  const { reporter, recover: purpose = "up" } = options;
  // What is removed needs neither ports nor room, and often is removed for want of room.
  const removing = purpose === "stop" || purpose === "remove";
  const toolchain = await bootstrap({
    reporter,
    ...(removing ? { minMemoryGiB: 0, minDiskGiB: 0 } : { ports: portWishes(settings) }),
    stack: settings.stack,
    foreignImages: Object.keys(settings.images),
    ...(settings.dockerHost === undefined ? {} : { dockerHost: settings.dockerHost }),
  });
  const stack = await reporter.step(`Opening the state of stack ${settings.stack}`, async (task) => {
    const opened = await openStack(settings.stack, toolchain, options.overrides);
    task.result(opened.known ? "as the last run left it" : "new");
    return opened;
  });
  if (purpose !== false) {
    await reporter.step("Looking for the remains of an interrupted run", async (task) => {
      const found = await recover(stack, settings, purpose);
      if (found.length === 0) task.unneeded("none");
      else task.result(found.join("; "));
    });
  }
  return stack;
}

export interface DeployOptions extends PrepareOptions {
  /** Compare with what is really there, and repair it. @default false */
  readonly refresh?: boolean;
}

/** A deployed stack. */
export interface Deployed {
  readonly stack: Stack;
  readonly outputs: unknown;
  /** What was changed, such as `137 created`. */
  readonly words: string;
  /** Teams that are in the settings no longer. */
  readonly removedTeams: readonly RemovedTeam[];
  /** File of the stack's own CA, if it has one. */
  readonly caFile: string | undefined;
}

/** Sets everything up and brings the stack to what its settings say. */
export async function deploy(settings: Settings, options: DeployOptions): Promise<Deployed> {
  const stack = await prepare(settings, options);
  const summary = await options.reporter.step(`Deploying stack ${settings.stack}`, async (task) => {
    const done = await up(stack, { say: (line) => task.progress(line) }, options.refresh);
    task.result(changesInWords(done));
    return done;
  });
  const outputs = await outputsOf(stack);
  const { removedTeams } = summary;
  const words = changesInWords(summary);
  return { stack, outputs, words, removedTeams, caFile: keepCaFile(stack.folder, stack.name, outputs) };
}
