import { lookup as systemLookup } from "node:dns";
import http from "node:http";
import https from "node:https";
import { isIP, type LookupFunction } from "node:net";
import tls from "node:tls";
import { engineAddress, isLocal, machineBehind } from "../bootstrap/engine";
import { UserError } from "../errors";
import { addressesOf, hostNames, hostsLine, reachable } from "../tls/hosts";
import { trustedRoots } from "../tls/roots";
import { isSecure, type StackOutputs } from "./outputs";

/** What the person says about the way to the platform. */
export interface ReachOptions {
  /** Certificates of CAs that are trusted besides the system's and the stack's own, PEM. */
  readonly ca?: string | undefined;
  /** Address that the platform's host names lead to, as with curl's `--resolve`. @default what the system says */
  readonly resolve?: string | undefined;
}

/** The way to the platform's public addresses: which CA is trusted, and where host names lead. */
export class Reach {
  /** Certificates of the CAs that are trusted besides the system's, PEM. */
  public readonly ca: string | undefined;
  /** Where each of the platform's host names leads, for those that the system is not asked about. */
  public readonly hosts: ReadonlyMap<string, string>;

  /** For connections that are opened by hand. */
  public readonly lookup: LookupFunction;
  private readonly plain: http.Agent;
  private secure: https.Agent | undefined;
  private trusted: tls.SecureContext | undefined;

  /**
   * @param urls - the platform's public addresses
   * @throws UserError when an address is asked for that cannot be used
   */
  public constructor(urls: readonly string[], options: ReachOptions = {}) {
    this.ca = options.ca;
    this.hosts = hostsOf(urls, options.resolve);
    this.lookup = lookupIn(this.hosts);
    this.plain = new http.Agent({ lookup: this.lookup });
  }

  /**
   * The agent for an address. It keeps no connection: a service may close an idle one just when it is used again.
   *
   * @param protocol - `https:` or `http:`
   */
  public agent(protocol: string): http.Agent {
    if (protocol !== "https:") return this.plain;
    // It reads some hundred certificates, which a run by plain http need not wait for.
    this.secure ??= new https.Agent({ lookup: this.lookup, secureContext: this.secureContext });
    return this.secure;
  }

  /** The CAs that are trusted. */
  public get secureContext(): tls.SecureContext {
    this.trusted ??= tls.createSecureContext({
      ca: [...trustedRoots(), ...(this.ca === undefined ? [] : [this.ca])],
    });
    return this.trusted;
  }
}

function hostsOf(urls: readonly string[], address: string | undefined): ReadonlyMap<string, string> {
  if (address === undefined) return new Map();
  if (isIP(address) === 0) {
    throw new UserError(
      `"${address}" is no IP address, so no host name can lead there.`,
      "npm run smoke -- --resolve 127.0.0.1",
      2,
    );
  }
  const names = hostNames(urls);
  if (names.length === 0) {
    throw new UserError(
      "This stack is reached by its address and has no host names, so there is nothing that --resolve could change.",
      "npm run smoke, without --resolve",
      2,
    );
  }
  return new Map(names.map((host) => [host, address]));
}

function lookupIn(hosts: ReadonlyMap<string, string>): LookupFunction {
  return (hostname, options, callback) => {
    const address = hosts.get(hostname);
    if (address === undefined) {
      systemLookup(hostname, options, callback);
      return;
    }
    const family = isIP(address);
    if (options.all === true) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
}

/**
 * The way to a stack, after a look at whether its names lead anywhere: otherwise each check would fail by itself.
 *
 * @throws UserError naming the names that lead nowhere, and what helps
 */
export async function reachOf(outputs: StackOutputs, options: ReachOptions): Promise<Reach> {
  const urls = Object.values(outputs.urls);
  const cas = isSecure(outputs)
    ? [outputs.certificates.ca, options.ca].filter((pem) => pem !== undefined)
    : [];
  const reach = new Reach(urls, { ...options, ca: cas.length === 0 ? undefined : cas.join("\n") });
  const asked = hostNames(urls).filter((name) => !reach.hosts.has(name));
  const found = await Promise.all(asked.map(async (name) => ({ name, addresses: await addressesOf(name) })));
  const lost = found.filter(({ addresses }) => addresses.length === 0).map(({ name }) => name);
  if (lost.length > 0) {
    const { stack } = outputs.settings;
    const engine = engineAddress(outputs.settings.dockerHost);
    const [there] = isLocal(engine) ? [] : await addressesOf(await machineBehind(engine));
    const address = there ?? reachable(outputs.settings.bindAddresses ?? []);
    throw new UserError(
      `This machine does not know the ${lost.length === 1 ? "name" : "names"} ${lost.join(", ")}, so nothing of stack ${stack} can be reached.`,
      [
        `npm run smoke -- --stack ${stack} --resolve ${address}`,
        "  or, for everything on this machine, this line in /etc/hosts:",
        `    ${hostsLine(address, lost)}`,
        "  or, for everybody, DNS records of these names (docs/https.md).",
      ].join("\n"),
    );
  }
  return reach;
}
