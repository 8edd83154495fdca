import { BlockList, isIP } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

const DUCKDNS_ZONE = ".duckdns.org";

/** Whether only this machine can reach an address. Text that is no address is not. */
export function isLoopback(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && loopback.check(address, family === 6 ? "ipv6" : "ipv4");
}

/**
 * The name that DuckDNS knows a domain by: the label before its zone, also for names below it.
 *
 * @returns undefined when the domain is not DuckDNS's
 */
export function duckdnsDomain(domain: string): string | undefined {
  if (!domain.endsWith(DUCKDNS_ZONE)) return undefined;
  return domain.slice(0, -DUCKDNS_ZONE.length).split(".").at(-1) || undefined;
}
