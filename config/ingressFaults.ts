import { isIP } from "node:net";
import { duckdnsDomain, isLoopback } from "./domains";
import type { Fault } from "./faults";

/** Names of environments that people rely on. */
const PRODUCTION = /^(prod|production)(-|$)/;

/** Whether a stack is called as what people rely on, to which plain http is refused. */
export function isProduction(stack: string): boolean {
  return PRODUCTION.test(stack);
}

/**
 * Contradictions between the settings that decide how people reach the platform. Reads unchecked input as well.
 *
 * @param stack - the stack's name: plain http is refused to production
 * @param settings - the namespace's content; values of another type are passed over, the schema names them
 */
export function ingressFaults(stack: string, settings: Readonly<Record<string, unknown>>): Fault[] {
  const ingress = settings["ingress"] ?? "http";
  if (ingress === "http") return httpFaults(stack, settings);
  if (ingress !== "self-signed" && ingress !== "acme") return [];
  return [...httpsFaults(settings), ...(ingress === "acme" ? acmeFaults(stack, settings) : [])];
}

function httpFaults(stack: string, settings: Readonly<Record<string, unknown>>): Fault[] {
  const faults: Fault[] = [];
  if (isProduction(stack)) {
    faults.push({
      key: "ingress",
      problem: `http sends passwords and tokens in clear, which ${stack} must not; use acme, or self-signed`,
    });
  }
  const addresses = list(settings["bindAddresses"]);
  const open = addresses.filter((address) => isIP(address) !== 0 && !isLoopback(address));
  if (open.length > 0 && settings["allowInsecure"] !== true) {
    faults.push({
      key: "bindAddresses",
      problem: `with ingress http, ${open.join(", ")} would show passwords and tokens to the network; use self-signed or acme, or set allowInsecure: true if nobody else can listen there`,
    });
  }
  return faults;
}

function httpsFaults(settings: Readonly<Record<string, unknown>>): Fault[] {
  const faults: Fault[] = [];
  const domain = text(settings["domain"]);
  if (domain === "") {
    faults.push({
      key: "domain",
      problem: "https needs a domain: mlflow., auth., s3. and console. are below it",
    });
  }
  const ports = { httpPort: number(settings["httpPort"], 80), httpsPort: number(settings["httpsPort"], 443) };
  if (ports.httpPort !== undefined && ports.httpPort === ports.httpsPort) {
    faults.push({
      key: "httpsPort",
      problem: `${ports.httpsPort} is httpPort already; choose another`,
    });
  }
  const base = number(settings["portBase"], 8080);
  if (base !== undefined) {
    // A bare address has a port per site besides the providers' ones.
    const own = isIP(domain ?? "") === 0 ? [10, 11, 12, 13] : [1, 2, 3, 10, 11, 12, 13];
    for (const [key, port] of Object.entries(ports)) {
      if (port !== undefined && own.some((offset) => port === base + offset)) {
        faults.push({
          key,
          problem: `${port} is one of the ports counted from portBase ${base}; choose another`,
        });
      }
    }
  }
  return faults;
}

function acmeFaults(stack: string, settings: Readonly<Record<string, unknown>>): Fault[] {
  const faults: Fault[] = [];
  const domain = text(settings["domain"]) ?? "";
  const challenge = settings["acmeChallenge"] ?? "dns-duckdns";
  const token = settings["duckdnsToken"] ?? "";
  if (isIP(domain) !== 0) {
    faults.push({
      key: "domain",
      problem: `${domain} is an address; a CA needs names: use a domain, or self-signed`,
    });
    return faults;
  }
  if (domain !== "" && duckdnsDomain(domain) === undefined && (challenge === "dns-duckdns" || token !== "")) {
    faults.push({
      key: challenge === "dns-duckdns" ? "acmeChallenge" : "duckdnsToken",
      problem: `${domain} is not below duckdns.org, so DuckDNS cannot serve it; use acmeChallenge: http without a token, or a domain of DuckDNS`,
    });
  }
  if (challenge === "dns-duckdns" && token === "") {
    faults.push({
      key: "duckdnsToken",
      problem: `DuckDNS needs its token: npm run pulumi -- config set --secret mlflow-platform:duckdnsToken --stack ${stack}`,
    });
  }
  return faults;
}

function text(value: unknown): string | undefined {
  return value === undefined ? "" : typeof value === "string" ? value : undefined;
}

function number(value: unknown, otherwise: number): number | undefined {
  return value === undefined ? otherwise : typeof value === "number" ? value : undefined;
}

function list(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}
