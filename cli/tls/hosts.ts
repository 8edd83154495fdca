import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

/** Host names in addresses, each once, without bare IP addresses. */
export function hostNames(urls: readonly string[]): string[] {
  const hosts = new Set(urls.map((url) => new URL(url).hostname));
  return [...hosts].filter((host) => !isAddress(host));
}

/** Whether the host of a URL is a bare address. IPv6 stands in brackets there. */
export function isAddress(host: string): boolean {
  return isIP(host.replace(/^\[|\]$/g, "")) !== 0;
}

/** The line of /etc/hosts that leads names to an address. */
export function hostsLine(address: string, names: readonly string[]): string {
  return `${address}  ${names.join(" ")}`;
}

/** Addresses that the system gives for a name, none where it does not know it. */
export async function addressesOf(name: string): Promise<string[]> {
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}

/**
 * Address under which this machine reaches a port that it publishes.
 *
 * @param published - addresses that the port is published on; those that mean "any" include the loopback one
 */
export function reachable(published: readonly string[]): string {
  const [first = "0.0.0.0"] = published;
  if (published.length === 0 || published.includes("0.0.0.0") || published.includes("127.0.0.1"))
    return "127.0.0.1";
  return first === "::" ? "::1" : first;
}
