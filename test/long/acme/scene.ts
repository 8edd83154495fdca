import Docker from "dockerode";
import { expect } from "vitest";
import { objectName } from "../../../lib/names";
import type { World } from "../../helpers/acme/world";
import { execIn, logsOf } from "../../helpers/containers";
import type { TestStack } from "../../helpers/testStack";
import { ask } from "../../helpers/tls/ask";
import { served } from "../../helpers/tls/handshakes";
import { SITES } from "../../../lib/endpoints";

export const NAME = "acme";
export const LABEL = "mlteam";
export const DOMAIN = `${LABEL}.duckdns.org`;
export const HTTP_PORT = 9580;
export const HTTPS_PORT = 9543;
export const PORT_BASE = 9500;
export const MINUTES = 60_000;
/** Longest time from a certificate's issue to its being served, as the platform promises. */
export const TAKEOVER_SECONDS = 60;

/** The CAs of this world. */
export const CAS = {
  pebble: {},
  // Three times as many refusals as Pebble's own default, which Let's Encrypt means clients to bear.
  "pebble-short": { validitySeconds: 40, refusedNonces: 15 },
  // All of them: of 90 in 100 the job makes a certificate in the end.
  "pebble-hostile": { refusedNonces: 100, slowestValidation: 5 },
} as const;

/** What all parts of this suite work with. */
export interface Scene {
  readonly stack: TestStack;
  readonly world: World;
}

/** Hands the scene out once it is set up. */
export type GetScene = () => Scene;

export const hosts = SITES.map((site) => `${site}.${DOMAIN}`);
const [HOST = ""] = hosts;

const engine = new Docker();

export function container(service: string): Docker.Container {
  return engine.getContainer(objectName(NAME, service));
}

export function log(service: string): Promise<string> {
  return logsOf(objectName(NAME, service));
}

/** Runs a shell command as the certificate job. */
export async function asJob(script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await execIn(objectName(NAME, "certbot"), ["bash", "-c", script]);
  if (exitCode !== 0) throw new Error(`${script}: ${stderr}`);
  return stdout;
}

/** Serial of what is served. */
export async function serial(): Promise<string> {
  return (await served(HTTPS_PORT, HOST)).serial;
}

/** Waits for another certificate than this. @returns its serial */
export async function otherThan(before: string, milliseconds = MINUTES): Promise<string> {
  await expect.poll(serial, { timeout: milliseconds, interval: 250 }).not.toBe(before);
  return serial();
}

/** Whether a client that trusts a root can use each host. */
export async function expectTrusted(root: string): Promise<void> {
  for (const host of hosts) {
    const answer = await ask(`https://${host}:${HTTPS_PORT}/`, { ca: root });
    expect(answer?.status, host).toBeLessThan(500);
  }
}

/** Lets the job try at once, as its alarms advise. */
export async function hurry(): Promise<void> {
  await container("certbot").restart({ t: 10 });
}

/** Failed attempts of the job since it started, as it reports them; @returns the last one's reason */
export async function failed(reason: RegExp, milliseconds = MINUTES): Promise<void> {
  const report = async (): Promise<string> => {
    const { renewal } = JSON.parse(await asJob("cat /certificates/status.json")) as {
      renewal: { failures: number; lastError: string | null };
    };
    return renewal.failures > 0 ? (renewal.lastError ?? "") : "";
  };
  await expect.poll(report, { timeout: milliseconds, interval: 500 }).toMatch(reason);
}
