import type { JobReport } from "../../../cli/certificates/jobReport";
import type { Observation, Served } from "../../../cli/certificates/observation";
import type { CertificateFacts } from "../../../cli/tls/certificate";

/** The moment at which these tests look, in milliseconds since 1970. */
export const NOW = Date.parse("2026-06-01T12:00:00.000Z");

/** A certificate of 100 days, of which 50 are left. */
export function sampleCertificate(changed: Partial<CertificateFacts> = {}): CertificateFacts {
  return {
    serial: "A1B2",
    issuer: "R11, Let's Encrypt",
    names: ["*.team.duckdns.org"],
    notBefore: "2026-04-12T12:00:00.000Z",
    notAfter: "2026-07-21T12:00:00.000Z",
    ...changed,
  };
}

/** Sites that all serve one certificate. */
export function sampleServed(certificate = sampleCertificate(), changed: Partial<Served> = {}): Served[] {
  return ["mlflow", "auth", "s3", "console"].map((site) => ({
    url: `https://${site}.team.duckdns.org`,
    host: `${site}.team.duckdns.org`,
    port: 443,
    certificate,
    covers: true,
    ...changed,
  }));
}

/** A job's report on which nothing is wrong. */
export function sampleReport(changed: Partial<JobReport> = {}): JobReport {
  return {
    version: 1,
    updated: "2026-06-01T11:59:30Z",
    certificate: { ...sampleCertificate(), names: ["*.team.duckdns.org"] },
    renewal: {
      lastAttempt: "2026-04-12T12:00:05Z",
      lastSuccess: "2026-04-12T12:00:05Z",
      lastError: null,
      failures: 0,
      nextAttempt: "2026-06-01T18:00:00Z",
    },
    address: {
      domain: "team",
      ipv4: "203.0.113.7",
      ipv6: null,
      lastUpdate: "2026-05-30T01:02:03Z",
      lastError: null,
      failingSince: null,
    },
    alarms: [],
    ...changed,
  };
}

/** An acme stack on which nothing is wrong. */
export function sampleObservation(changed: Partial<Observation> = {}): Observation {
  return {
    stack: "prod",
    mode: "acme",
    served: sampleServed(),
    published: sampleCertificate(),
    publishedAt: "2026-04-12T12:00:05Z",
    job: sampleReport(),
    unreadable: [],
    ...changed,
  };
}
