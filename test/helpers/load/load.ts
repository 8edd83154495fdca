import { readFileSync } from "node:fs";
import { join } from "node:path";
import Docker from "dockerode";
import { z } from "zod";
import { logsOf } from "../containers";

const engine = new Docker();
const LABEL = "mlflow-platform-test.load";

/** Who makes requests. See load.py. */
export type LoadKind = "curl" | "keepalive" | "mlflow";

export interface LoadOptions {
  readonly kind: LoadKind;
  /** An image with Python, and with curl or MLflow as the kind needs it. */
  readonly image: string;
  /** Requests per second. */
  readonly perSecond: number;
  /** What is asked; for MLflow the base address. */
  readonly url: string;
  /** CA that is trusted, PEM. */
  readonly ca: string;
  /** Environment besides, for MLflow's client. */
  readonly env?: Readonly<Record<string, string>>;
}

const resultSchema = z.object({
  requests: z.number(),
  /** Each failure with its time. */
  failed: z.array(z.string()),
  perSecond: z.number(),
  /** Longest time to an answer, in seconds. */
  slowest: z.number(),
});

/** How requests went. */
export type LoadResult = z.output<typeof resultSchema>;

/** Requests that are being made in a container of their own. */
export class Load {
  private constructor(
    public readonly options: LoadOptions,
    private readonly container: Docker.Container,
  ) {}

  /** Begins. Returns when the first request is about to be made. */
  public static async start(options: LoadOptions): Promise<Load> {
    const { hostname } = new URL(options.url);
    const { kind, perSecond, url, ca } = options;
    const container = await engine.createContainer({
      Image: options.image,
      Entrypoint: ["python3", "-c", readFileSync(join(__dirname, "load.py"), "utf8")],
      Cmd: [],
      Env: [
        `JOB=${JSON.stringify({ kind, perSecond, url, ca, address: "127.0.0.1" })}`,
        ...["HOME=/tmp", "GIT_PYTHON_REFRESH=quiet", "PYTHONWARNINGS=ignore"],
        ...Object.entries(options.env ?? {}).map(([key, value]) => `${key}=${value}`),
      ],
      Labels: { [LABEL]: "true" },
      StopTimeout: 60,
      // As a program on this machine, which knows where the platform is.
      HostConfig: { NetworkMode: "host", ExtraHosts: [`${hostname}:127.0.0.1`], Init: true },
    });
    await container.start();
    const load = new Load(options, container);
    await load.until(/^ready$/m);
    return load;
  }

  /** Ends it. @returns how all requests went */
  public async stop(): Promise<LoadResult> {
    await this.container.stop();
    const log = await logsOf(this.container.id);
    await this.container.remove({ force: true });
    const line = /^\{"requests".*\}$/m.exec(log)?.[0];
    if (line === undefined) throw new Error(`the load ${this.options.kind} told no result: ${log}`);
    return resultSchema.parse(JSON.parse(line));
  }

  private async until(said: RegExp): Promise<void> {
    const end = Date.now() + 60_000;
    for (;;) {
      const log = await logsOf(this.container.id);
      if (said.test(log)) return;
      if (Date.now() > end || !(await this.container.inspect()).State.Running) {
        await this.container.remove({ force: true });
        throw new Error(`the load ${this.options.kind} did not begin: ${log}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Removes loads that a killed run left. */
export async function removeLoads(): Promise<void> {
  for (const { Id } of await engine.listContainers({ all: true, filters: { label: [LABEL] } })) {
    await engine.getContainer(Id).remove({ force: true });
  }
}
