import type Docker from "dockerode";
import type { StepTask } from "../bootstrap";
import { cpuMilliseconds } from "./cpu";
import { type Figure, figure } from "./figures";
import { type LoadResult, ROUTES, complete, load } from "./load";
import { median, pairwise, percentile } from "./statistics";
import { type Subject, newRun } from "./subject";

/** Callers at once when throughput is measured: more than the two workers, so that none of them waits. */
const CALLERS = 8;
/** Seconds before the first round that do not count: pools fill, caches warm. */
const WARM_UP_SECONDS = 5;

export interface RequestOptions {
  readonly rounds: number;
  /** Seconds of full load per round and server. */
  readonly loadSeconds: number;
  /** Seconds with one caller per round and server. */
  readonly singleSeconds: number;
}

/** Medians over the rounds for one server. */
export interface SubjectSummary {
  readonly name: Subject["name"];
  readonly perSecond: number;
  /** Milliseconds of processor time per request, of all containers that work for it, under full load. */
  readonly cpu: number;
  /** Milliseconds under full load. */
  readonly loaded: Percentiles;
  /** Milliseconds with one caller. */
  readonly single: Percentiles;
  /** Median milliseconds with one caller, by request. */
  readonly routes: Readonly<Record<string, number>>;
}

interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface RequestResult {
  readonly figures: readonly Figure[];
  readonly servers: readonly SubjectSummary[];
}

interface Round {
  /** Milliseconds of processor time while loaded. */
  readonly cpu: number;
  readonly loaded: LoadResult;
  readonly single: LoadResult;
}

/**
 * Loads the servers in turn, in rounds whose order changes, and compares the platform with the stock server.
 *
 * @param subjects - the first is the platform, the last the stock server
 */
export async function measureRequests(
  engine: Docker,
  subjects: readonly Subject[],
  options: RequestOptions,
  task: StepTask,
): Promise<RequestResult> {
  for (const subject of subjects) {
    task.progress(`warming up ${subject.name}`);
    await load(subject, (await newRun(subject)).runId, CALLERS, WARM_UP_SECONDS);
  }
  const rounds = new Map<Subject, Round[]>(subjects.map((subject) => [subject, []]));
  for (let round = 0; round < options.rounds; round += 1) {
    // Each round begins with another server, so that none is always the one after the busiest.
    const order = [...subjects.slice(round % subjects.length), ...subjects.slice(0, round % subjects.length)];
    for (const subject of order) {
      task.progress(`round ${round + 1} of ${options.rounds}: ${subject.name}`);
      const { runId } = await newRun(subject);
      const before = await cpuMilliseconds(engine, subject.containers);
      const loaded = complete(subject, await load(subject, runId, CALLERS, options.loadSeconds));
      const cpu = (await cpuMilliseconds(engine, subject.containers)) - before;
      const single = complete(subject, await load(subject, runId, 1, options.singleSeconds));
      rounds.get(subject)?.push({ cpu, loaded, single });
    }
  }
  return summarize([...rounds].map(([{ name }, results]) => ({ name, rounds: results })));
}

/** Figures of rounds; the first server is the platform, the last the stock server. */
export function summarize(
  results: readonly { readonly name: Subject["name"]; readonly rounds: readonly Round[] }[],
): RequestResult {
  const platform = results[0]?.rounds ?? [];
  const stock = results.at(-1)?.rounds ?? [];
  const rate = ({ loaded }: Round): number => loaded.perSecond;
  const p50 = ({ single }: Round): number => percentile(all(single), 0.5);
  return {
    figures: [
      figure(
        "request-ratio",
        pairwise(platform.map(rate), stock.map(rate), (ours, theirs) => (100 * ours) / theirs),
      ),
      figure(
        "added-p50",
        pairwise(platform.map(p50), stock.map(p50), (ours, theirs) => ours - theirs),
      ),
    ],
    servers: results.map(({ name, rounds }) => ({
      name,
      perSecond: median(rounds.map(rate)),
      cpu: median(rounds.map(({ cpu, loaded }) => cpu / all(loaded).length)),
      loaded: percentiles(rounds.map(({ loaded }) => loaded)),
      single: percentiles(rounds.map(({ single }) => single)),
      routes: Object.fromEntries(
        ROUTES.map((route) => [
          route,
          median(rounds.map(({ single }) => percentile(single.latencies[route], 0.5))),
        ]),
      ),
    })),
  };
}

function percentiles(results: readonly LoadResult[]): Percentiles {
  const over = (part: number): number => median(results.map((result) => percentile(all(result), part)));
  return { p50: over(0.5), p95: over(0.95), p99: over(0.99) };
}

function all({ latencies }: LoadResult): number[] {
  return ROUTES.flatMap((route) => latencies[route]);
}
