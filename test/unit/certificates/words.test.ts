import { describe, expect, it } from "vitest";
import { parseJobReport } from "../../../cli/certificates/jobReport";
import type { Observation } from "../../../cli/certificates/observation";
import { certificateLines, certificateReport } from "../../../cli/certificates/words";
import { NOW, sampleCertificate, sampleObservation, sampleReport, sampleServed } from "./fixtures";

const lines = (changed: Partial<Observation>): string[] =>
  certificateLines(sampleObservation(changed), [], NOW).split("\n");

describe("the certificates in status", () => {
  it("show issuer, names, days left, serials, renewal and address", () => {
    expect(lines({})).toEqual([
      "Certificate  acme",
      "  issuer     R11, Let's Encrypt",
      "  names      *.team.duckdns.org",
      "  valid      until 2026-07-21 12:00 UTC, 50 days left",
      "  published  A1B2",
      "  served     the same, on each host",
      "Renewal      last tried 2026-04-12 12:00 UTC",
      "  succeeded  2026-04-12 12:00 UTC",
      "  next       2026-06-01 18:00 UTC",
      "Address      team: 203.0.113.7, told to DuckDNS 2026-05-30 01:02 UTC",
    ]);
  });

  it("show what is served where it is something else", () => {
    const served = [
      ...sampleServed().slice(0, 1),
      { url: "", host: "auth.x", port: 8443, failure: "refused" },
    ];
    expect(lines({ served })).toContain(
      "  served     A1B2 (mlflow.team.duckdns.org:443), none (auth.x:8443)",
    );
    expect(lines({ served: sampleServed(sampleCertificate({ serial: "OLD" })) })).toContain(
      "  served     OLD, on each host",
    );
    expect(lines({ served: undefined, unseen: "NGINX does not run" })).toContain(
      "  served     not seen: NGINX does not run",
    );
  });

  it("say that there is none yet", () => {
    const job = sampleReport({
      certificate: null,
      renewal: {
        lastAttempt: "2026-06-01T11:00:00Z",
        lastSuccess: null,
        lastError: "DNS problem: SERVFAIL",
        failures: 3,
        nextAttempt: null,
      },
    });
    const temporary = sampleServed(sampleCertificate({ serial: "7E" })).slice(0, 1);
    expect(
      lines({ published: undefined, publishedAt: undefined, job, served: temporary }).slice(0, 6),
    ).toEqual([
      "Certificate  acme",
      "             none yet: NGINX serves a temporary one, which no client trusts",
      "  served     7E, on each host",
      "Renewal      last tried 2026-06-01 11:00 UTC",
      "  succeeded  never",
      "  failed     3 in a row: DNS problem: SERVFAIL",
    ]);
  });

  it("show since when DuckDNS fails", () => {
    const address = {
      domain: "team",
      ipv4: null,
      ipv6: null,
      lastUpdate: null,
      lastError: "it answered KO",
      failingSince: "2026-06-01T10:00:00Z",
    };
    expect(lines({ job: sampleReport({ address }) }).slice(-2)).toEqual([
      "Address      team: none yet",
      "  failing    since 2026-06-01 10:00 UTC: it answered KO",
    ]);
  });

  it("end with the alarms and what to type", () => {
    const text = certificateLines(
      sampleObservation(),
      [{ problem: "it has ended", next: "npm run up" }, { problem: "something else" }],
      NOW,
    );
    expect(text.split("\n").slice(-3)).toEqual(["✗ it has ended", "  Next: npm run up", "✗ something else"]);
  });

  it("are all in the JSON", () => {
    const report = certificateReport(
      sampleObservation(),
      [{ problem: "p", next: "n" }, { problem: "q" }],
      NOW,
    );
    expect(report).toMatchObject({
      mode: "acme",
      issuer: "R11, Let's Encrypt",
      names: ["*.team.duckdns.org"],
      notAfter: "2026-07-21T12:00:00.000Z",
      daysLeft: 50,
      publishedSerial: "A1B2",
      renewal: { failures: 0 },
      address: { ipv4: "203.0.113.7" },
      alarms: [
        { problem: "p", next: "n" },
        { problem: "q", next: null },
      ],
    });
    expect(report["served"]).toContainEqual({
      url: "https://s3.team.duckdns.org",
      host: "s3.team.duckdns.org",
      port: 443,
      covers: true,
      serial: "A1B2",
    });
  });

  it("are the same in JSON without a certificate, and without a job", () => {
    const report = certificateReport(
      sampleObservation({ published: undefined, publishedAt: undefined, job: undefined, served: undefined }),
      [],
      NOW,
    );
    expect(report).toMatchObject({ daysLeft: null, served: null, renewal: null, address: null, alarms: [] });
  });
});

describe("the job's report", () => {
  const text = (changed: object): string => JSON.stringify({ ...sampleReport(), ...changed });

  it("is read, with keys that are new passed over", () => {
    expect(parseJobReport(text({ later: 1 }))).toEqual(sampleReport());
    expect(parseJobReport(text({ certificate: null, address: null }))).toMatchObject({ certificate: null });
  });

  it.each([
    ["of another version", text({ version: 2 }), /version/],
    ["cut short", text({}).slice(0, -5), /JSON/],
    ["without renewal", text({ renewal: undefined }), /renewal/],
    ["with a time that is none", text({ updated: "yesterday" }), /updated/],
  ])("%s is refused", (_, content, reason) => {
    expect(() => parseJobReport(content)).toThrow(reason);
  });
});
