import type { Settings } from "../../config/settings";
import { imageReference } from "../../images/catalogue";
import { servicesOf } from "../../lib/services";
import type { BootstrapReporter, StepTask } from "../bootstrap";
import { engineAddress, engineClient } from "../bootstrap/engine";
import { UserError } from "../errors";
import { prepare } from "../engine/deploy";
import { preview, up } from "../engine/operations";
import { changedCount } from "../engine/progress";
import { removeStack } from "../engine/removal";
import { silentReporter } from "../bootstrap";
import { timed, timedCommand } from "./command";
import { type Figure, figure } from "./figures";
import { secondsUntilHealthy } from "./healthy";

/** Nothing is said while the engine is timed. */
const QUIET = { say: () => undefined };

/** Removes what an earlier measurement of this stack left, then brings it up from nothing and times it. */
export async function firstUp(settings: Settings, reporter: BootstrapReporter): Promise<Figure[]> {
  await removeAll(settings, reporter);
  if (await imagesAreMissing(settings)) {
    // Building them is no part of the figure, and this is how people build them.
    await reporter.step("Building the images by a first `up`", () =>
      timedCommand(["up", "--stack", settings.stack]),
    );
    await removeAll(settings, reporter);
  }
  return reporter.step("First `up` of a throw-away stack", async (task) =>
    bringUp(settings, "first-up", task),
  );
}

/** Removes the containers of a stack, keeps its data, and times how it comes back. */
export async function restart(settings: Settings, reporter: BootstrapReporter): Promise<Figure[]> {
  return reporter.step(`\`down\` and \`up\` of stack ${settings.stack}`, async (task) => {
    task.progress("down");
    await timedCommand(["down", "--stack", settings.stack]);
    return bringUp(settings, "restart", task);
  });
}

/** Removes a throw-away stack with its data and state. */
export async function removeAll(settings: Settings, reporter: BootstrapReporter): Promise<void> {
  await reporter.step(`Removing stack ${settings.stack}`, async () => {
    const stack = await prepare(settings, { reporter: silentReporter(), recover: "remove" });
    await removeStack(stack, settings, silentReporter());
  });
}

/** Whether any image of the stack was never built on its engine, for whatever stack. */
async function imagesAreMissing({ images, dockerHost, ingress }: Settings): Promise<boolean> {
  const engine = engineClient(engineAddress(dockerHost));
  const known = new Set(
    (await engine.listImages()).flatMap(({ RepoTags: tags }) => (tags ?? []).map(withoutNamespace)),
  );
  return servicesOf(ingress).some(
    (service) =>
      images[service] === undefined && !known.has(withoutNamespace(imageReference(service).reference)),
  );
}

/** Stacks have names of their own for the same images. */
function withoutNamespace(reference: string): string {
  return reference.replace(/^.*[/]/, "");
}

async function bringUp(settings: Settings, id: "first-up" | "restart", task: StepTask): Promise<Figure[]> {
  task.progress("up");
  const engine = engineClient(engineAddress(settings.dockerHost));
  const ended = new AbortController();
  const healthy = secondsUntilHealthy(engine, settings.stack, servicesOf(settings.ingress), ended.signal);
  const { seconds } = await timedCommand(["up", "--stack", settings.stack]).finally(() => ended.abort());
  const until = await healthy;
  if (until === undefined) {
    throw new UserError(
      `Stack ${settings.stack} came up, but not all of its services are healthy.`,
      `npm run status -- --stack ${settings.stack}`,
    );
  }
  task.result(`healthy after ${until.toFixed(1)} s`);
  return [figure(`${id}-healthy`, [until]), figure(id, [seconds])];
}

/**
 * Times `up` and `preview` on a stack that is as its settings say.
 *
 * @param runs - of each
 * @throws UserError when the stack has changes, which `up` would carry out
 */
export async function withoutChanges(
  settings: Settings,
  runs: number,
  reporter: BootstrapReporter,
): Promise<Figure[]> {
  const { stack } = settings;
  const opened = await prepare(settings, { reporter: silentReporter(), recover: false });
  return reporter.step(`\`up\` and \`preview\` without changes`, async (task) => {
    const samples = { command: [] as number[], engine: [] as number[] };
    const upSamples = { command: [] as number[], engine: [] as number[] };
    const changes = changedCount(await preview(opened, QUIET));
    if (changes > 0) {
      throw new UserError(
        `Stack ${stack} has ${changes} changes to carry out, so a run without changes cannot be timed.`,
        `npm run up -- --stack ${stack}`,
      );
    }
    for (let run = 1; run <= runs; run += 1) {
      task.progress(`run ${run} of ${runs}`);
      samples.command.push((await timedCommand(["preview", "--stack", stack])).seconds);
      samples.engine.push(await timed(() => preview(opened, QUIET)));
      upSamples.command.push((await timedCommand(["up", "--stack", stack])).seconds);
      upSamples.engine.push(await timed(() => up(opened, QUIET)));
    }
    return [
      figure("no-op-up", upSamples.command),
      figure("no-op-up-engine", upSamples.engine),
      figure("preview", samples.command),
      figure("preview-engine", samples.engine),
    ];
  });
}
