import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";

/** What people want to know of a certificate. */
export interface CertificateFacts {
  /** Hexadecimal, upper case, without leading zeros. */
  readonly serial: string;
  readonly issuer: string;
  /** Host names and addresses that it is valid for. */
  readonly names: readonly string[];
  /** ISO 8601. */
  readonly notBefore: string;
  /** ISO 8601. */
  readonly notAfter: string;
}

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

/** Reads a certificate. */
export function factsOf(certificate: X509Certificate): CertificateFacts {
  return {
    serial: normalSerial(certificate.serialNumber),
    issuer: issuerOf(certificate.issuer),
    names: (certificate.subjectAltName ?? "")
      .split(", ")
      .map((name) => name.replace(/^(DNS|IP Address):/, ""))
      .filter((name) => name !== ""),
    notBefore: new Date(certificate.validFrom).toISOString(),
    notAfter: new Date(certificate.validTo).toISOString(),
  };
}

/**
 * Reads the first certificate of a chain, which is the server's own.
 *
 * @param pem - one or more certificates
 * @returns undefined where the text holds none
 */
export function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** A serial number as it is compared: programs write it with colons, in either case, with zeros in front or not. */
export function normalSerial(serial: string): string {
  return serial
    .replaceAll(":", "")
    .toUpperCase()
    .replace(/^0+(?=.)/, "");
}

/** Whether a certificate is valid for a host name or an address. */
export function covers(certificate: X509Certificate, host: string): boolean {
  return (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined;
}

/**
 * Time that a certificate is still valid, in days, rounded down; negative when it is over.
 *
 * @param notAfter - ISO 8601
 * @param now - milliseconds since 1970
 */
export function daysLeft(notAfter: string, now: number): number {
  return Math.floor((Date.parse(notAfter) - now) / DAY_MILLISECONDS);
}

/** Part of its lifetime that a certificate still has: 1 at first, 0 and less when it is over. */
export function lifetimeLeft(certificate: CertificateFacts, now: number): number {
  const [begin, end] = [Date.parse(certificate.notBefore), Date.parse(certificate.notAfter)];
  return (end - now) / (end - begin);
}

/** The name of a CA: its common name and organization, of which either may be missing. */
function issuerOf(distinguishedName: string): string {
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}=(.*)$`, "m").exec(distinguishedName)?.[1];
  const parts = [field("CN"), field("O")].filter((part) => part !== undefined);
  return [...new Set(parts)].join(", ") || distinguishedName.replaceAll("\n", ", ");
}
