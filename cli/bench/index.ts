import type { Settings } from "../../config/settings";
import { type BootstrapReporter, bootstrap } from "../bootstrap";
import { engineAddress, engineClient } from "../bootstrap/engine";
import { readOutputs } from "../engine/outputs";
import { readSettings } from "../engine/stack";
import { reachStack } from "../engine/tunnel";
import { Cleanup } from "../smoke/cleanup";
import { type StackOutputs, parseOutputs } from "../smoke/outputs";
import { type ArtifactSummary, measureArtifacts } from "./artifacts";
import { firstUp, removeAll, restart, withoutChanges } from "./deployments";
import type { Figure } from "./figures";
import { type SubjectSummary, measureRequests } from "./requests";
import { startStockServer } from "./stockServer";
import { platformSubjects, stockSubject } from "./subject";
import { manyTeams } from "./teams";
import { BENCH_STACK, Throwaway, teamSettings } from "./throwaway";

/** Parts of the measurement. */
export const PARTS = ["deployments", "requests", "artifacts", "teams"] as const;
export type Part = (typeof PARTS)[number];

export interface BenchOptions {
  /** Stack that is measured. @default a throw-away one */
  readonly stack?: string;
  /** Parts to measure. */
  readonly parts: ReadonlySet<Part>;
  /** Whether a given stack may be stopped and started again. */
  readonly restart: boolean;
  /** Fewer and shorter rounds: to try things, not to judge by. */
  readonly quick: boolean;
  /** Size of the artifact. */
  readonly mebibytes: number;
  readonly reporter: BootstrapReporter;
}

export interface BenchResult {
  readonly stack: string;
  readonly figures: readonly Figure[];
  readonly requests: readonly SubjectSummary[];
  readonly artifacts: readonly ArtifactSummary[];
  /** Images that ran. */
  readonly images: Readonly<Record<string, string>>;
}

/**
 * Measures the figures of the design's performance floor. What it makes it removes; a killed run's remains are
 * removed by the next.
 */
export async function runBench(options: BenchOptions): Promise<BenchResult> {
  const place = new Throwaway();
  const measured =
    options.stack === undefined
      ? await throwawayStack(place, options)
      : await ownStack(options.stack, options);
  const { parts, quick, reporter } = options;
  const teams = parts.has("teams") ? await manyTeams(place, quick ? 1 : 3, reporter) : [];
  return { ...measured, figures: [...measured.figures, ...teams] };
}

/** A stack of its own, from nothing and to nothing. */
function throwawayStack(place: Throwaway, options: BenchOptions): Promise<BenchResult> {
  const { parts, reporter } = options;
  if (parts.size === 1 && parts.has("teams")) return Promise.resolve(nothing(BENCH_STACK));
  return place.inside(async () => {
    place.configure(BENCH_STACK, teamSettings(2));
    const settings = readSettings(BENCH_STACK);
    try {
      // Tools and files for the images are not what is timed.
      await bootstrap({ reporter });
      const first = await firstUp(settings, reporter);
      const rest = await deployed(settings, options);
      const again = parts.has("deployments") ? await restart(settings, reporter) : [];
      return { ...rest, figures: [...first, ...again, ...rest.figures] };
    } finally {
      await removeAll(settings, reporter);
    }
  });
}

/** A stack that people use: it is left as it was. */
async function ownStack(name: string, options: BenchOptions): Promise<BenchResult> {
  const { parts, reporter } = options;
  if (parts.size === 1 && parts.has("teams")) return nothing(name);
  const settings = readSettings(name);
  const again = options.restart && parts.has("deployments") ? await restart(settings, reporter) : [];
  const rest = await deployed(settings, options);
  return { ...rest, figures: [...again, ...rest.figures] };
}

async function deployed(settings: Settings, options: BenchOptions): Promise<BenchResult> {
  const { parts, quick, reporter } = options;
  await reachStack(settings, "everything");
  const raw = await readOutputs(settings.stack);
  const outputs = parseOutputs(raw, settings.stack);
  const figures = parts.has("deployments") ? await withoutChanges(settings, quick ? 1 : 3, reporter) : [];
  const services =
    parts.has("requests") || parts.has("artifacts") ? await inServices(outputs, options) : { figures: [] };
  const { images } = raw as { readonly images: Record<string, string> };
  return { ...nothing(settings.stack), ...services, images, figures: [...figures, ...services.figures] };
}

async function inServices(
  outputs: StackOutputs,
  { parts, quick, mebibytes, reporter }: BenchOptions,
): Promise<Pick<BenchResult, "figures" | "requests" | "artifacts">> {
  const cleanup = new Cleanup();
  try {
    const [platform, direct] = await platformSubjects(outputs, cleanup);
    const requests = parts.has("requests")
      ? await reporter.step(
          "Requests through NGINX + single sign-on, and to a stock server",
          async (task) => {
            task.progress("starting a stock server");
            const stock = await stockSubject(await startStockServer(outputs, cleanup));
            return measureRequests(
              engineClient(engineAddress(outputs.settings.dockerHost)),
              [platform, direct, stock],
              quick
                ? { rounds: 2, loadSeconds: 3, singleSeconds: 2 }
                : { rounds: 7, loadSeconds: 8, singleSeconds: 4 },
              task,
            );
          },
        )
      : { figures: [], servers: [] };
    // Clients of the mode `direct` write to the object store itself.
    const artifacts =
      parts.has("artifacts") && outputs.settings.artifacts === "proxied"
        ? await reporter.step(`Artifacts of ${mebibytes} MiB through NGINX, and without`, (task) =>
            measureArtifacts(outputs, [platform, direct], { rounds: quick ? 2 : 5, mebibytes }, task),
          )
        : { figures: [], servers: [] };
    return {
      figures: [...requests.figures, ...artifacts.figures],
      requests: requests.servers,
      artifacts: artifacts.servers,
    };
  } finally {
    await reporter.step("Removing what was made", async (task) => {
      task.result((await cleanup.run()).join(", "));
    });
  }
}

function nothing(stack: string): BenchResult {
  return { stack, figures: [], requests: [], artifacts: [], images: {} };
}
