import { SITES } from "./endpoints";

/**
 * Names that a certificate is asked for. By DNS one wildcard does, which needs one challenge: DuckDNS holds a single
 * TXT record per domain. By http a CA gives no wildcards.
 */
export function certificateNames(domain: string, challenge: "dns-duckdns" | "http"): string[] {
  return challenge === "dns-duckdns" ? [`*.${domain}`] : SITES.map((site) => `${site}.${domain}`);
}
