import { isIP } from "node:net";
import { z } from "zod";

/** Directory of Let's Encrypt's production CA. */
export const LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory";
/** The real DuckDNS. */
export const DUCKDNS = "https://www.duckdns.org";

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Whether a text is a host name of at least one label, in lower case. */
function isHostName(text: string): boolean {
  return text.length <= 240 && text.split(".").every((label) => LABEL.test(label));
}

const port = z.number().int().min(1, "ports begin at 1").max(65_535, "ports end at 65535");

const url = z
  .url({ protocol: /^https?$/, error: "an address such as https://host/path" })
  .transform((text) => text.replace(/\/+$/, ""));

/** An address, or empty for "not at all". */
const optionalUrl = z.union([z.literal(""), url], "an address such as https://host/path, or empty");

/** Keys that decide how people reach the platform. */
export const ingressShape = {
  /** `http`: a loopback port per service. `self-signed`: https by a private CA. `acme`: https by a public CA. */
  ingress: z.enum(["http", "self-signed", "acme"], "`http`, `self-signed` or `acme`").default("http"),
  /** First of the published ports; in `http` mode the services take portBase … +3, the providers +10 … +13. */
  portBase: z
    .number()
    .int()
    .min(1024, "below 1024 only root may listen")
    .max(65_500, "leaves no room for the services' ports")
    .default(8080),
  /** Name below which mlflow., auth., s3. and console. are; with `self-signed` a bare address too. */
  domain: z
    .string()
    .refine(
      (text) => text === "" || isIP(text) !== 0 || isHostName(text),
      "a domain in lower case such as team.duckdns.org, or a bare IP address",
    )
    .default(""),
  httpPort: port.default(80),
  httpsPort: port.default(443),
  /** Addresses of the host to publish on; empty: loopback in `http` mode, else all IPv4 addresses. */
  bindAddresses: z
    .array(z.string().refine((text) => isIP(text) !== 0, "an IP address of this host, 0.0.0.0 or ::"))
    .default([]),
  /** Allows plain http on other addresses than loopback. */
  allowInsecure: z.boolean().default(false),
  /** Raised by one, it makes a new private CA and with it a new certificate. */
  caGeneration: z.number().int().min(1).default(1),
  /** Raised by one, it makes a new certificate of the same CA. */
  certificateGeneration: z.number().int().min(1).default(1),
  /** Where the CA writes to before a certificate ends; empty: no address is given. */
  acmeEmail: z
    .union([z.literal(""), z.email("not an e-mail address")], "an e-mail address, or empty")
    .default(""),
  acmeServer: url.default(LETS_ENCRYPT),
  acmeChallenge: z.enum(["dns-duckdns", "http"], "`dns-duckdns` or `http`").default("dns-duckdns"),
  /** CA that signs the ACME server's own https, as PEM. */
  acmeCaBundle: z
    .string()
    .refine(
      (text) => text === "" || /-----BEGIN CERTIFICATE-----[^]+-----END CERTIFICATE-----/.test(text),
      "the text of a PEM file: -----BEGIN CERTIFICATE----- …",
    )
    .default(""),
  /** DNS server that is asked whether a challenge is visible; empty: the system's. */
  acmeResolver: z
    .string()
    .regex(/^$|^[a-zA-Z0-9.:[\]-]+$/, "a DNS server such as 192.0.2.53 or 192.0.2.53:5353")
    .default(""),
  /** Read from a configuration file, an encrypted value is an object. */
  duckdnsToken: z
    .union([z.string(), z.strictObject({ secure: z.string() })], "an encrypted value")
    .default(""),
  duckdnsApi: url.default(DUCKDNS),
  /** Where the host's own public address is looked up; empty: DuckDNS gets none of that family. */
  ipv4Lookup: optionalUrl.default("https://api.ipify.org"),
  ipv6Lookup: optionalUrl.default("https://api6.ipify.org"),
} as const;
