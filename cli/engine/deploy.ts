import type { Settings } from "../../config/settings";
import { bootstrap } from "../bootstrap";
import type { BootstrapReporter } from "../bootstrap/reporter";
import { keepCaFile } from "../certificates/caFile";
import { UserError } from "../errors";
import { again } from "./explain";
import { up } from "./operations";
import { outputsOf } from "./outputs";
import { closeBuckets } from "../drift/buckets";
import { canBeAsked, refuseLoss } from "../drift/loss";
import { portWishes } from "./ports";
import { type Finding, readWaivers } from "./policy";
import { type Summary, changesInWords, combined } from "./progress";
import type { RemovedTeam } from "./removedTeams";
import { type Purpose, recover } from "./recovery/recover";
import { exportState } from "./recovery/state";
import { reachProviders } from "./tunnel";
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
  await reachProviders(settings, reporter);
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
  /** With `refresh`: make anew, empty, what holds data and is gone. @default false: refuse */
  readonly acceptLoss?: boolean;
}

/** A deployed stack. */
export interface Deployed {
  readonly stack: Stack;
  readonly outputs: unknown;
  /** What was changed, such as `137 created`. */
  readonly words: string;
  /** Teams that are in the settings no longer. */
  readonly removedTeams: readonly RemovedTeam[];
  /** What the policy would refuse, were there no exceptions. */
  readonly waived: readonly Finding[];
  /** File of the stack's own CA, if it has one. */
  readonly caFile: string | undefined;
}

/** Sets everything up and brings the stack to what its settings say. */
export async function deploy(settings: Settings, options: DeployOptions): Promise<Deployed> {
  readWaivers(again(settings.stack));
  const { reporter, refresh = false, acceptLoss = false } = options;
  const stack = await prepare(settings, refresh ? { ...options, recover: "repair" } : options);
  const rounds: Summary[] = [];
  const deployment = (what: string, look: boolean): Promise<void> =>
    reporter.step(`${what} stack ${settings.stack}`, async (task) => {
      const done = await up(stack, { say: (line) => task.progress(line) }, { refresh: look });
      task.result(changesInWords(done));
      rounds.push(done);
    });
  if (refresh) {
    // Only services that run can be asked what is in them.
    if (!(await canBeAsked(stack, settings))) {
      await deployment("Bringing up", false);
      if (!(await canBeAsked(stack, settings))) throw nothingToAsk(settings);
    }
    await reporter.step("Looking for data that is gone", () => refuseLoss(stack, acceptLoss));
  }
  await deployment("Deploying", refresh);
  if (refresh) {
    await reporter.step("Closing buckets that were opened by hand", async (task) => {
      const closed = await closeBuckets(await exportState(stack, true));
      if (closed.length === 0) task.unneeded("none");
      else task.result(closed.join(", "));
    });
  }
  const summary = combined(rounds);
  const outputs = await outputsOf(stack);
  const { removedTeams, findings: waived } = summary;
  const words = changesInWords(summary);
  const caFile = keepCaFile(stack.folder, stack.name, outputs);
  return { stack, outputs, words, removedTeams, waived, caFile };
}

function nothingToAsk({ stack, running }: Settings): UserError {
  return running
    ? new UserError(
        `Services of stack ${stack} do not answer, so nothing could be compared with what is in them.`,
        `npm run status -- --stack ${stack}, then: ${again(stack)} --refresh`,
      )
    : new UserError(
        `Stack ${stack} is down by its setting \`running: false\`, so there is nothing that could be compared.`,
        `Take the setting out of Pulumi.${stack}.yaml, then: ${again(stack)} --refresh`,
        2,
      );
}
