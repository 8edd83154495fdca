import type Docker from "dockerode";
import type { Settings } from "../../config/settings";
import type { Service } from "../../images/catalogue";
import { objectName } from "../../lib/names";
import { engineAddress, engineClient } from "../bootstrap/engine";
import { UserError } from "../errors";

/** How one service is, in words for a table. */
export interface ServiceStatus {
  readonly service: Service;
  /** `running`, `exited`, …, or `absent`. */
  readonly state: string;
  /** `healthy`, `unhealthy`, `starting`, or `-`. */
  readonly health: string;
  /** Version of the image: its tag. */
  readonly image: string;
  /** Memory in use and its limit. */
  readonly memory: string;
  /** Size of the data volume. */
  readonly data: string;
  readonly url: string;
}

/**
 * Asks the engine how the services of a stack are.
 *
 * @throws UserError when the engine does not answer
 */
export async function serviceStatus(
  settings: Settings,
  services: readonly Service[],
  urls: Readonly<Partial<Record<Service, string>>>,
): Promise<ServiceStatus[]> {
  const engine = engineClient(engineAddress(settings.dockerHost));
  try {
    await engine.ping();
  } catch (error) {
    // Of an engine by ssh it is known already what is wrong.
    if (error instanceof UserError) throw error;
    throw new UserError(
      `The Docker engine does not answer, so nothing is known of stack ${settings.stack}: ${String(error)}`,
      "npm run bootstrap -- --only host,engine",
    );
  }
  const sizes = await volumeSizes(engine);
  return Promise.all(
    services.map(async (service) => {
      const name = objectName(settings.stack, service);
      const data = sizes.get(`${name}-data`);
      const common = { service, data: data === undefined ? "-" : bytes(data), url: urls[service] ?? "-" };
      const container = engine.getContainer(name);
      try {
        const inspected = await container.inspect();
        const { State: state, Image: id } = inspected;
        return {
          ...common,
          state: state.Status,
          health: state.Health?.Status ?? "-",
          image: await tag(engine, id),
          memory: state.Running ? await memory(container) : "-",
        };
      } catch (error) {
        if ((error as { statusCode?: number }).statusCode !== 404) throw error;
        return { ...common, state: "absent", health: "-", image: "-", memory: "-" };
      }
    }),
  );
}

async function tag(engine: Docker, id: string): Promise<string> {
  // The client's types promise both lists; the engine leaves out what is empty.
  const image: Partial<Docker.ImageInspectInfo> = await engine.getImage(id).inspect();
  return (image.RepoTags?.[0] ?? image.RepoDigests?.[0] ?? id).replace(/^.*[/]/, "");
}

async function memory(container: Docker.Container): Promise<string> {
  const { memory_stats: stats } = await container.stats({ stream: false, "one-shot": true });
  // What the kernel could drop at once is not the service's own. Its name depends on the version of cgroups.
  const details: Readonly<Record<string, number | undefined>> = { ...stats.stats };
  const cache = details["total_inactive_file"] ?? details["inactive_file"] ?? 0;
  return `${bytes(stats.usage - cache)} / ${bytes(stats.limit)}`;
}

async function volumeSizes(engine: Docker): Promise<Map<string, number>> {
  const { Volumes: volumes } = (await engine.df()) as {
    Volumes?: { Name: string; UsageData?: { Size: number } }[];
  };
  return new Map((volumes ?? []).map(({ Name, UsageData }) => [Name, UsageData?.Size ?? 0]));
}

/** Bytes in the unit that people read: `512 MiB`. */
export function bytes(count: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10));
  const value = count / 1024 ** power;
  return `${value >= 100 || power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power] ?? "B"}`;
}
