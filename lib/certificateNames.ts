import { SITES } from "./endpoints";

const DUCKDNS_ZONE = ".duckdns.org";

/**
 * The name that DuckDNS knows a domain by: the label before its zone, also for names below it.
 *
 * @returns undefined when the domain is not DuckDNS's
 */
export function duckdnsDomain(domain: string): string | undefined {
  if (!domain.endsWith(DUCKDNS_ZONE)) return undefined;
  return domain.slice(0, -DUCKDNS_ZONE.length).split(".").at(-1) || undefined;
}

/**
 * Names that a certificate is asked for. By DNS one wildcard does, which needs one challenge: DuckDNS holds a single
 * TXT record per domain. By http a CA gives no wildcards.
 */
export function certificateNames(domain: string, challenge: "dns-duckdns" | "http"): string[] {
  return challenge === "dns-duckdns" ? [`*.${domain}`] : SITES.map((site) => `${site}.${domain}`);
}
