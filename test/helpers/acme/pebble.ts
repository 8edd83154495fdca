import Docker from "dockerode";
import { execIn, logsOf } from "../containers";

/** What decides how a CA behaves. */
export interface PebbleOptions {
  /** Lifetime of its certificates in seconds. @default 90 days */
  readonly validitySeconds?: number;
  /** Percentage of good nonces that it refuses. @default 0 */
  readonly refusedNonces?: number;
  /** Longest random wait before it validates a challenge, in seconds. @default 0 */
  readonly slowestValidation?: number;
}

/** A certificate that was issued. */
export interface Issued {
  /** Upper-case hex. */
  readonly serial: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const NINETY_DAYS = 90 * 86_400;
const DIRECTORY_PORT = 14000;
const MANAGEMENT_PORT = 15000;
/** NGINX's port inside the network, on which challenges by http are answered. */
const CHALLENGE_PORT = 8080;

/** Configuration and environment for a Pebble. */
export function pebbleEnv(options: PebbleOptions): Record<string, string> {
  const { validitySeconds = NINETY_DAYS, refusedNonces = 0, slowestValidation = 0 } = options;
  return {
    CONFIG: JSON.stringify({
      pebble: {
        listenAddress: `0.0.0.0:${DIRECTORY_PORT}`,
        managementListenAddress: `0.0.0.0:${MANAGEMENT_PORT}`,
        certificate: "/tmp/chain.pem",
        privateKey: "/tmp/key.pem",
        httpPort: CHALLENGE_PORT,
        tlsPort: 5001,
        externalAccountBindingRequired: false,
        retryAfter: { authz: 1, order: 1 },
        keyAlgorithm: "ecdsa",
        // One profile: of several, Pebble picks one at random where none is asked for.
        profiles: { default: { description: "the only one", validityPeriod: validitySeconds } },
      },
    }),
    PEBBLE_WFE_NONCEREJECT: String(refusedNonces),
    PEBBLE_AUTHZREUSE: "0",
    ...(slowestValidation > 0
      ? { PEBBLE_VA_SLEEPTIME: String(slowestValidation) }
      : { PEBBLE_VA_NOSLEEP: "1" }),
  };
}

/** A CA of the tests: Pebble, the ACME server that Let's Encrypt made for tests. */
export class Pebble {
  /** Its directory, as the platform's setting. */
  public readonly directory: string;

  /**
   * @param name - host name in the network
   * @param container - in which it runs
   */
  public constructor(
    public readonly name: string,
    public readonly container: string,
  ) {
    this.directory = `https://${name}:${DIRECTORY_PORT}/dir`;
  }

  /** The root that its certificates lead to, PEM; made anew whenever it starts. */
  public async root(): Promise<string> {
    const url = `https://127.0.0.1:${MANAGEMENT_PORT}/roots/0`;
    const { exitCode, stdout, stderr } = await execIn(this.container, ["curl", "-sSfk", url]);
    if (exitCode !== 0) throw new Error(`${this.name} gave no root: ${stderr}`);
    return stdout;
  }

  /** How many orders were placed, good and failed ones. */
  public async orders(): Promise<number> {
    return [...(await logsOf(this.container)).matchAll(/Added order "/g)].length;
  }

  /** How many requests for an order came in, refused ones included. */
  public async asked(): Promise<number> {
    return [...(await logsOf(this.container)).matchAll(/POST \/order-plz -> calling handler/g)].length;
  }

  /** The certificates that it issued, oldest first. */
  public async issued(): Promise<Issued[]> {
    const log = await logsOf(this.container, true);
    return [...log.matchAll(/^(\S+) .*Issued certificate serial ([0-9a-f]+) /gm)].map(
      ([, at = "", serial = ""]) => ({
        serial: serial.toUpperCase(),
        at: Date.parse(at),
      }),
    );
  }

  /** Freezes it: connections are made, and nothing is answered. */
  public async freeze(): Promise<void> {
    await new Docker().getContainer(this.container).pause();
  }

  public async thaw(): Promise<void> {
    await new Docker().getContainer(this.container).unpause();
  }
}
