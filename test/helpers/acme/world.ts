import Docker from "dockerode";
import { stackPrefix } from "../../../lib/names";
import { logsOf } from "../containers";
import { type TestCa, testCa } from "../testCa";
import { Duckdns } from "./duckdns";
import { acmeImage } from "./image";
import { Pebble, type PebbleOptions, pebbleEnv } from "./pebble";

const engine = new Docker();
const LABEL = "mlflow-platform-test.world";

/** What a world knows of the platform. */
export interface WorldOptions {
  /** Stack that uses it; in the names of all that it consists of. */
  readonly stack: string;
  /** Label of the domain at DuckDNS. */
  readonly domain: string;
  /** Token of the account at DuckDNS. */
  readonly token: string;
  /** Domains that DuckDNS's name server has addresses for besides. */
  readonly otherDomains?: readonly string[];
  /** CAs by host name. */
  readonly cas: Readonly<Record<string, PebbleOptions>>;
}

/**
 * What surrounds a platform on the internet, in containers of this test: CAs, DuckDNS, its name server. Nothing of it
 * can be reached by the platform until {@link World.connect}.
 */
export class World {
  private constructor(
    private readonly stack: string,
    /** Signs the certificates of the CAs' and DuckDNS's own https. */
    public readonly ca: TestCa,
    public readonly duckdns: Duckdns,
    private readonly pebbles: ReadonlyMap<string, Pebble>,
  ) {}

  /**
   * Starts everything. What a killed run left of the same stack's world is removed before.
   *
   * @throws Error with the log of what did not come up
   */
  public static async start(options: WorldOptions): Promise<World> {
    await World.remove(options.stack);
    const image = await acmeImage();
    await engine.createNetwork({ Name: worldName(options.stack), Labels: { [LABEL]: options.stack } });
    const hosts = [...Object.keys(options.cas), "duckdns"];
    const ca = testCa("CA of the test's servers");
    const { cert: CHAIN, key: KEY } = ca.issue(
      hosts.map((host) => `DNS:${host}`),
      2,
    );
    const run = async (host: string, command: string[], env: Record<string, string>): Promise<void> => {
      const container = await engine.createContainer({
        name: worldName(options.stack, host),
        Image: image,
        Cmd: command,
        Env: Object.entries({ ...env, CHAIN, KEY }).map(([key, value]) => `${key}=${value}`),
        Labels: { [LABEL]: options.stack },
        HostConfig: { NetworkMode: worldName(options.stack), Init: true },
        NetworkingConfig: { EndpointsConfig: { [worldName(options.stack)]: { Aliases: [host] } } },
      });
      await container.start();
    };
    await run("duckdns", ["python3", "/opt/duckdns/main.py"], {
      DOMAIN: options.domain,
      TOKEN: options.token,
      ZONE: "duckdns.org",
      OTHER_DOMAINS: (options.otherDomains ?? []).join(","),
    });
    for (const [host, pebble] of Object.entries(options.cas)) {
      await run(host, ["pebble-start"], { ...pebbleEnv(pebble), DNS: "duckdns:53" });
    }
    await ready(worldName(options.stack, "duckdns"), /^ready$/m);
    for (const host of Object.keys(options.cas)) await ready(worldName(options.stack, host), /Listening on/);
    return new World(
      options.stack,
      ca,
      new Duckdns(worldName(options.stack, "duckdns")),
      new Map(
        Object.keys(options.cas).map((host) => [host, new Pebble(host, worldName(options.stack, host))]),
      ),
    );
  }

  /** One of the CAs. */
  public pebble(host: string): Pebble {
    const pebble = this.pebbles.get(host);
    if (pebble === undefined) throw new Error(`there is no CA ${host} in this world`);
    return pebble;
  }

  /** Lets the platform reach hosts of this world. @param hosts - @default all */
  public async connect(hosts: readonly string[] = this.hosts): Promise<void> {
    const network = engine.getNetwork(platformNetwork(this.stack));
    for (const host of hosts) {
      await network.connect({
        Container: worldName(this.stack, host),
        EndpointConfig: { Aliases: [host] },
      } as Docker.NetworkConnectOptions);
    }
  }

  /** Takes hosts of this world away again: their names are not known there any more. @param hosts - @default all */
  public async disconnect(hosts: readonly string[] = this.hosts): Promise<void> {
    const network = engine.getNetwork(platformNetwork(this.stack));
    for (const host of hosts)
      await network.disconnect({ Container: worldName(this.stack, host), Force: true });
  }

  /** Removes everything. */
  public async close(): Promise<void> {
    await World.remove(this.stack);
    this.ca.remove();
  }

  private get hosts(): readonly string[] {
    return [...this.pebbles.keys(), "duckdns"];
  }

  private static async remove(stack: string): Promise<void> {
    const filters = { label: [`${LABEL}=${stack}`] };
    for (const { Id } of await engine.listContainers({ all: true, filters })) {
      await engine.getContainer(Id).remove({ force: true, v: true });
    }
    for (const { Id } of await engine.listNetworks({ filters })) await engine.getNetwork(Id).remove();
  }
}

/** Name of a container of a stack's world, or of its network. */
function worldName(stack: string, host?: string): string {
  return ["mlflow-platform-test", stack, host ?? "world"].join("-");
}

function platformNetwork(stack: string): string {
  return stackPrefix(stack);
}

async function ready(container: string, said: RegExp): Promise<void> {
  const end = Date.now() + 30_000;
  for (;;) {
    const log = await logsOf(container);
    if (said.test(log)) return;
    if (Date.now() > end || !(await engine.getContainer(container).inspect()).State.Running) {
      throw new Error(`${container} did not come up: ${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
