import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import type { Service } from "../../images/catalogue";
import { objectName } from "../../lib/names";

/** How often the engine is asked. The figure is that much too large at the most. */
const EVERY_MILLISECONDS = 250;

/**
 * Watches a stack that is being brought up.
 *
 * @param ended - raised when the bringing up has ended, however it did
 * @returns seconds from now until all services were healthy at once, or undefined when that never was
 */
export async function secondsUntilHealthy(
  engine: Docker,
  stack: string,
  services: readonly Service[],
  ended: AbortSignal,
): Promise<number | undefined> {
  const started = performance.now();
  for (;;) {
    // Asked before the look, so that there is one look after the end.
    const last = ended.aborted;
    const states = await Promise.all(services.map((service) => health(engine, objectName(stack, service))));
    if (states.every((state) => state === "healthy")) return (performance.now() - started) / 1000;
    if (last) return undefined;
    await delay(EVERY_MILLISECONDS);
  }
}

async function health(engine: Docker, name: string): Promise<string> {
  try {
    const { State: state } = await engine.getContainer(name).inspect();
    return state.Health?.Status ?? state.Status;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return "absent";
    throw error;
  }
}
