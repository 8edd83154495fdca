import type Docker from "dockerode";

/**
 * Milliseconds of processor time that containers have used since they started. Unlike latency, the difference of
 * two readings hardly depends on what else the machine does.
 *
 * @param names - of running containers
 */
export async function cpuMilliseconds(engine: Docker, names: readonly string[]): Promise<number> {
  const readings = await Promise.all(
    names.map(async (name) => {
      const { cpu_stats: cpu } = await engine.getContainer(name).stats({ stream: false, "one-shot": true });
      return cpu.cpu_usage.total_usage / 1e6;
    }),
  );
  return readings.reduce((sum, reading) => sum + reading, 0);
}
