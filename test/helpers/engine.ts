import Docker from "dockerode";

const engine = new Docker();

/** A container of a stack, as far as tests look at it. */
export interface FoundContainer {
  readonly name: string;
  readonly state: string;
  readonly health: string;
  /** All that `docker inspect` shows, for searches of secrets. */
  readonly inspected: unknown;
}

function ofStack(stack: string): { all: true; filters: { label: string[] } } {
  return { all: true, filters: { label: [`mlflow-platform.stack=${stack}`] } };
}

/** All containers of a stack, by name. */
export async function containers(stack: string): Promise<FoundContainer[]> {
  const found = await engine.listContainers(ofStack(stack));
  const details = await Promise.all(
    found.map(async ({ Id }) => {
      const inspected = await engine.getContainer(Id).inspect();
      return {
        name: inspected.Name.slice(1),
        state: inspected.State.Status,
        health: inspected.State.Health?.Status ?? "-",
        inspected,
      };
    }),
  );
  return details.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Names of everything on the engine that bears a stack's label or name. */
export async function leftovers(stack: string): Promise<string[]> {
  const prefix = `mlflow-platform-${stack}`;
  const [found, volumes, networks] = await Promise.all([
    engine.listContainers({ all: true }),
    engine.listVolumes(),
    engine.listNetworks(),
  ]);
  return [
    ...found.flatMap(({ Names }) => Names.map((name) => name.slice(1))),
    ...volumes.Volumes.map(({ Name }) => Name),
    ...networks.map(({ Name }) => Name),
  ].filter((name) => name === prefix || name.startsWith(`${prefix}-`));
}

/** Polls until a condition holds. @throws Error after the time, with what was waited for */
async function until(what: string, milliseconds: number, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${milliseconds / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/**
 * Freezes a container as soon as it runs and thaws it again.
 *
 * @param milliseconds - how long it stays frozen
 */
export async function freezeWhenStarted(name: string, milliseconds: number): Promise<string> {
  const container = engine.getContainer(name);
  await until(`${name} runs`, 300_000, async () => {
    try {
      return (await container.inspect()).State.Running;
    } catch {
      return false;
    }
  });
  await container.pause();
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  await container.unpause();
  return "frozen and thawed";
}

/** Stops all running containers of a stack, starts them in reverse order, and waits until all are healthy. */
export async function restartAll(stack: string): Promise<void> {
  const running = await engine.listContainers({
    ...ofStack(stack),
    all: false,
  } as Docker.ContainerListOptions);
  await Promise.all(running.map(({ Id }) => engine.getContainer(Id).stop({ t: 30 })));
  for (const { Id } of running.reverse()) await engine.getContainer(Id).start();
  await until(`stack ${stack} is healthy`, 180_000, async () =>
    (await containers(stack)).every(({ state, health }) => state !== "running" || health === "healthy"),
  );
}
