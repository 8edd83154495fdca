import { duckdnsDomain } from "../config/domains";
import type { AcmeSettings } from "../config/settings";
import { certificateNames } from "./certificateNames";

/**
 * The environment of the certificate job, without the token, which comes as a file.
 *
 * @param domain - name below which the sites are
 */
export function certbotEnv(domain: string, acme: AcmeSettings): Record<string, string> {
  const { duckdns } = acme;
  return {
    ACME_SERVER: acme.server,
    ACME_EMAIL: acme.email ?? "",
    ACME_CHALLENGE: acme.challenge,
    ACME_RESOLVER: acme.resolver ?? "",
    CERTIFICATE_NAMES: certificateNames(domain, acme.challenge).join(","),
    DUCKDNS_DOMAIN: (duckdns && duckdnsDomain(domain)) ?? "",
    DUCKDNS_API: duckdns?.api ?? "",
    IPV4_LOOKUP: duckdns?.ipv4Lookup ?? "",
    IPV6_LOOKUP: duckdns?.ipv6Lookup ?? "",
  };
}
