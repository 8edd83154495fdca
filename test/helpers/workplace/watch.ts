import { mkdtempSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { z } from "zod";
import { objectName } from "../../../lib/names";

const engine = new Docker();
/** Milliseconds between two looks. */
const INTERVAL = 500;

/** Bytes that the processes of a container hold and what lies in its folders in memory; not the cache of files. */
const memorySchema = z
  .object({ memory_stats: z.object({ stats: z.record(z.string(), z.number()) }) })
  .transform(({ memory_stats: { stats } }) => {
    // Of control groups version 1 only the `total_` ones have the processes below.
    const of = (name: string): number => stats[`total_${name}`] ?? stats[name] ?? 0;
    return of("active_anon") + of("inactive_anon");
  });

/** What a watch has seen. */
export interface Seen {
  /** Bytes by which each service's memory has grown at most, over what it was at the beginning. */
  readonly growth: Readonly<Record<string, number>>;
  /** Milliseconds that the questions took, the slowest last. */
  readonly answers: readonly number[];
  /** Milliseconds that a small write to this machine's disk took, the slowest last: what nobody can be faster than. */
  readonly writes: readonly number[];
}

/**
 * Looks at the memory of a stack's services, asks a question again and again, and writes a little to the disk, until it
 * is told to end.
 */
export class Watch {
  private readonly peaks = new Map<string, number>();
  private readonly answers: number[] = [];
  private readonly writes: number[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), "mlflow-platform-watch-"));
  private readonly loops: Promise<unknown>;
  private ended = false;

  private constructor(
    private readonly stack: string,
    private readonly before: ReadonlyMap<string, number>,
    ask: () => Promise<unknown>,
  ) {
    const write = (): Promise<void> => writeFile(join(this.folder, "written"), "a little", { flush: true });
    this.loops = Promise.all([
      this.repeat(() => this.look()),
      this.repeat(() => timed(ask, this.answers)),
      this.repeat(() => timed(write, this.writes)),
    ]).finally(() => rm(this.folder, { recursive: true, force: true }));
    // Reported by `end`; until then it must not end the process.
    this.loops.catch(() => undefined);
  }

  /**
   * Begins.
   *
   * @param ask - a question to the platform; fails for any answer but a good one
   */
  public static async begin(
    stack: string,
    services: readonly string[],
    ask: () => Promise<unknown>,
  ): Promise<Watch> {
    const before = new Map<string, number>();
    for (const service of services) before.set(service, await memoryOf(stack, service));
    return new Watch(stack, before, ask);
  }

  /** Ends. @returns what was seen @throws Error when a question or a look has failed meanwhile */
  public async end(): Promise<Seen> {
    this.ended = true;
    await this.loops;
    const growth = [...this.before].map(
      ([service, bytes]) => [service, (this.peaks.get(service) ?? NaN) - bytes] as const,
    );
    const [answers, writes] = [this.answers, this.writes].map((times) => times.toSorted((a, b) => a - b));
    return { growth: Object.fromEntries(growth), answers: answers ?? [], writes: writes ?? [] };
  }

  private async repeat(step: () => Promise<void>): Promise<void> {
    while (!this.ended) {
      await step();
      await new Promise((resolve) => setTimeout(resolve, INTERVAL));
    }
  }

  private async look(): Promise<void> {
    for (const service of this.before.keys()) {
      const bytes = await memoryOf(this.stack, service);
      this.peaks.set(service, Math.max(bytes, this.peaks.get(service) ?? 0));
    }
  }
}

async function timed(step: () => Promise<unknown>, times: number[]): Promise<void> {
  const started = performance.now();
  await step();
  times.push(performance.now() - started);
}

async function memoryOf(stack: string, service: string): Promise<number> {
  const container = engine.getContainer(objectName(stack, service));
  return memorySchema.parse(await container.stats({ stream: false, "one-shot": true }));
}
