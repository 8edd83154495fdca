import type { Settings } from "../../config/settings";
import { endpointsOf } from "../../lib/endpoints";
import { isLoopback } from "../../config/domains";
import { engineAddress, isLocal, machineBehind } from "../bootstrap/engine";
import { localAddresses } from "../bootstrap/measure";
import { addressesOf, hostNames, reachable } from "../tls/hosts";
import type { Observation } from "./observation";
import { observeCertificates } from "./observe";

/** What a person has to know after `up` of a stack that is reached by https. */
export interface HttpsNews {
  readonly observation: Observation;
  /** Directory of the CA, in acme mode. */
  readonly server: string | undefined;
  /** File of the stack's own CA. */
  readonly caFile: string | undefined;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** The platform's host names, and the addresses that this machine gets for them. */
  readonly names: readonly { readonly name: string; readonly addresses: readonly string[] }[];
  /** Addresses of the machine that the platform runs on. */
  readonly own: readonly string[];
  /** Those of them under which other machines reach the platform. */
  readonly open: readonly string[];
  /** Address under which this machine reaches the platform. */
  readonly reachedAt: string;
}

/**
 * Finds it out.
 *
 * @param caFile - file of the stack's own CA, if it has one
 * @returns undefined for a stack by plain http
 */
export async function httpsNews(
  settings: Settings,
  caFile: string | undefined,
): Promise<HttpsNews | undefined> {
  const observation = await observeCertificates(settings, settings.running);
  if (observation === undefined) return undefined;
  const { urls, bindAddresses } = endpointsOf(settings);
  const engine = engineAddress(settings.dockerHost);
  const own = isLocal(engine) ? localAddresses() : await addressesOf(await machineBehind(engine));
  return {
    observation,
    server: settings.acme?.server,
    caFile,
    httpPort: settings.httpPort,
    httpsPort: settings.httpsPort,
    names: await Promise.all(
      hostNames(Object.values(urls)).map(async (name) => ({ name, addresses: await addressesOf(name) })),
    ),
    own,
    open: openAddresses(bindAddresses, own),
    reachedAt: isLocal(engine) ? reachable(bindAddresses) : (own[0] ?? reachable(bindAddresses)),
  };
}

/**
 * Addresses under which other machines reach what is published.
 *
 * @param published - addresses that it is published on; some mean "any"
 * @param own - addresses that the machine has
 */
export function openAddresses(published: readonly string[], own: readonly string[]): string[] {
  const any = (family: 4 | 6): boolean =>
    published.includes("::") || (family === 4 && published.includes("0.0.0.0"));
  return own.filter(
    (address) => !isLoopback(address) && (published.includes(address) || any(address.includes(":") ? 6 : 4)),
  );
}

/**
 * Names that do not lead to the platform from this machine.
 *
 * @returns those that the system does not know, and those that lead to another machine
 */
export function lostNames({ names, own }: Pick<HttpsNews, "names" | "own">): {
  readonly unknown: HttpsNews["names"];
  readonly elsewhere: HttpsNews["names"];
} {
  return {
    unknown: names.filter(({ addresses }) => addresses.length === 0),
    elsewhere: names.filter(
      ({ addresses }) => addresses.length > 0 && !addresses.some((address) => own.includes(address)),
    ),
  };
}
