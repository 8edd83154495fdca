import type { Settings } from "../../config/settings";
import { endpointsOf } from "../../lib/endpoints";
import { engineAddress, isLocal } from "../bootstrap/engine";
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
  const own = isLocal(engine) ? localAddresses() : await addressesOf(new URL(engine).hostname);
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
    reachedAt: isLocal(engine) ? reachable(bindAddresses) : (own[0] ?? reachable(bindAddresses)),
  };
}
