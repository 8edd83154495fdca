import type { Settings } from "../../config/settings";
import { redaction } from "../../lib/changes/secrets";
import type { EnvironmentReport, Look, Violation } from "../../lib/pullRequest/report";
import { bootstrap } from "../bootstrap";
import { engineAddress, engineState } from "../bootstrap/engine";
import type { BootstrapReporter } from "../bootstrap/reporter";
import { judged } from "../engine/judged";
import { NoState, type Stack, openStack, readSettings } from "../engine/stack";
import { UserError, messageOf } from "../errors";
import { previewed, violation } from "./preview";
import { secretsOfEnvironment } from "../engine/surroundings";

/** How an environment is looked at. */
export interface LookOptions {
  readonly reporter: BootstrapReporter;
  /** Whether it has to be compared with its state: then a missing engine or state fails the check. */
  readonly required: boolean;
  /** Whether neither its engine nor its backend is asked. */
  readonly offline: boolean;
  /** Whether it may have no state: its file is new in this change, or nobody asked for just this environment. */
  readonly mayBeMissing: boolean;
}

/**
 * Says what would become of one environment: by a preview against its own backend, or, where that cannot be, by the
 * program run without it and judged by the policy pack. Changes nothing, and makes no state.
 *
 * Never throws: what went wrong is in the report, as a failure.
 */
export async function lookAt(name: string, options: LookOptions): Promise<EnvironmentReport> {
  const nothing = { stack: name, changes: [], unchanged: 0, violations: [] as Violation[] };
  try {
    const settings = readSettings(name);
    const obstacle = options.offline
      ? "Neither engine nor backend was asked."
      : await engineObstacle(settings);
    if (obstacle !== undefined) return await withoutState(settings, obstacle, options);
    let stack: Stack;
    try {
      stack = await opened(settings, options.reporter);
    } catch (error) {
      if (!(error instanceof NoState) || !options.mayBeMissing) throw error;
      return await withoutState(
        settings,
        `There is no state of it in the backend: it is not deployed, or the backend is another one.`,
        options,
      );
    }
    return await options.reporter.step(`Comparing stack ${name} with its state`, async (task) => {
      const { problem, ...found } = await previewed(stack, (line) => task.progress(line));
      const look: Look = problem === undefined ? { kind: "preview" } : { kind: "failed", why: problem };
      task.result(problem === undefined ? `${found.changes.length} changes` : "could not be compared");
      return { stack: name, look, ...found };
    });
  } catch (error) {
    const redact = redaction(secretsOfEnvironment());
    const next = error instanceof UserError ? `\nNext: ${error.next}` : "";
    return { ...nothing, look: { kind: "failed", why: redact(`${messageOf(error)}${next}`) } };
  }
}

/** Why the environment's engine cannot be used; undefined when it answers. */
async function engineObstacle({ dockerHost }: Settings): Promise<string | undefined> {
  const address = engineAddress(dockerHost);
  const state = await engineState(address);
  return state.kind === "ready" ? undefined : `No Docker engine answers at ${address} (${state.detail}).`;
}

/** Tools and state, without asking for ports and room: nothing is going to run here. */
async function opened(settings: Settings, reporter: BootstrapReporter): Promise<Stack> {
  const toolchain = await bootstrap({
    reporter,
    minMemoryGiB: 0,
    minDiskGiB: 0,
    stack: settings.stack,
    foreignImages: Object.keys(settings.images),
    ...(settings.dockerHost === undefined ? {} : { dockerHost: settings.dockerHost }),
  });
  return openStack(settings.stack, toolchain, {}, { absent: "refuse" });
}

async function withoutState(
  settings: Settings,
  why: string,
  { reporter, required }: LookOptions,
): Promise<EnvironmentReport> {
  return reporter.step(`Judging stack ${settings.stack} without its state`, async (task) => {
    const redact = redaction(secretsOfEnvironment());
    const violations = (await judged(settings.stack)).map((finding) => violation(finding, redact));
    task.result(`${violations.length} violations`);
    const consequence =
      "What it would replace or remove is not known; the program was run without it, and its policy was judged.";
    const look: Look = required
      ? { kind: "failed", why: `${why}\n${consequence}` }
      : { kind: "judged", why: `${why}\n${consequence}` };
    return { stack: settings.stack, look, changes: [], unchanged: 0, violations };
  });
}
