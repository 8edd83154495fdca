import { describe, expect, it } from "vitest";
import { alarmsOf } from "../../../cli/certificates/alarms";
import type { Observation } from "../../../cli/certificates/observation";
import { NOW, sampleCertificate, sampleObservation, sampleReport, sampleServed } from "./fixtures";

const SECOND = 1000;
const DAY = 24 * 3600 * SECOND;
const NGINX = "docker logs --tail 50 mlflow-platform-prod-nginx";
const CERTBOT = "docker logs --tail 50 mlflow-platform-prod-certbot";
const UP = "npm run up -- --stack prod";

const alarms = (changed: Partial<Observation>, now = NOW): [string, string | undefined][] =>
  alarmsOf(sampleObservation(changed), now).map(({ problem, next }) => [problem, next]);

/** A self-signed stack; what it serves is what it publishes. */
function own(certificate = sampleCertificate()): Partial<Observation> {
  return {
    mode: "self-signed",
    job: undefined,
    published: certificate,
    publishedAt: certificate.notBefore,
    served: sampleServed(certificate),
  };
}

describe("alarms about certificates", () => {
  it.each([
    ["acme", {}],
    ["self-signed", own()],
    ["acme on an engine elsewhere", { served: undefined, unseen: "the engine is on another machine" }],
  ] as [string, Partial<Observation>][])("are none where all is well: %s", (_, changed) => {
    expect(alarms(changed)).toEqual([]);
  });

  it("are none while the first certificate is awaited and a temporary one is served", () => {
    const temporary = sampleCertificate({ serial: "7E", names: [], issuer: "temporary certificate" });
    const job = sampleReport({ certificate: null });
    expect(alarms({ published: undefined, job, served: sampleServed(temporary, { covers: false }) })).toEqual(
      [],
    );
  });

  it("repeat what the job says", () => {
    const said = "the address at DuckDNS is 26 min old";
    expect(alarms({ job: sampleReport({ alarms: [said] }) })).toEqual([[said, undefined]]);
  });

  it("name a report that cannot be read", () => {
    expect(alarms({ job: undefined, unreadable: ["no JSON"] })).toEqual([["no JSON", CERTBOT]]);
  });

  it("name a job that has fallen silent", () => {
    const said = sampleReport({ updated: new Date(NOW - 300 * SECOND).toISOString() });
    expect(alarms({ job: said })).toEqual([]);
    expect(alarms({ job: said }, NOW + SECOND)).toEqual([
      ["the certificate job has reported nothing for 5 min, so nothing is renewed", CERTBOT],
    ]);
  });

  describe("about a certificate that NGINX does not take over", () => {
    const old = sampleServed(sampleCertificate({ serial: "OLD" }));

    it("are not raised within the minute that it may take", () => {
      expect(alarms({ served: old, publishedAt: new Date(NOW - 60 * SECOND).toISOString() })).toEqual([]);
    });

    it("are raised after it, once for all hosts, with how long it has been", () => {
      expect(alarms({ served: old, publishedAt: new Date(NOW - 61 * SECOND).toISOString() })).toEqual([
        [
          "mlflow.team.duckdns.org, auth.team.duckdns.org, s3.team.duckdns.org, console.team.duckdns.org: " +
            "certificate OLD is served, though A1B2 has been published for 1 min",
          NGINX,
        ],
      ]);
    });

    it("are raised where it is not known since when", () => {
      expect(alarms({ served: old.slice(0, 1), publishedAt: undefined })).toEqual([
        ["mlflow.team.duckdns.org: certificate OLD is served, though A1B2 has been published", NGINX],
      ]);
    });
  });

  it("name a host without a handshake, and why", () => {
    const [first, ...rest] = sampleServed();
    const failed = {
      url: first?.url ?? "",
      host: first?.host ?? "",
      port: 443,
      failure: "connect ECONNREFUSED",
    };
    expect(alarms({ served: [failed, ...rest] })).toEqual([
      ["mlflow.team.duckdns.org: no TLS handshake at port 443: connect ECONNREFUSED", NGINX],
    ]);
  });

  it("name a host that the certificate is not for", () => {
    const found = alarms({ served: sampleServed(sampleCertificate(), { covers: false }).slice(1, 2) });
    expect(found).toEqual([
      ["auth.team.duckdns.org: the certificate that is served is for *.team.duckdns.org", CERTBOT],
    ]);
  });

  describe("about the end", () => {
    const end = Date.parse(sampleCertificate().notAfter);

    /** A report of the moment at which a test looks. */
    const reported = (now: number): Partial<Observation> => ({
      job: sampleReport({ updated: new Date(now).toISOString() }),
    });
    const ended = "certificate A1B2 ended on 2026-07-21: clients refuse it";

    it("tell once that it is over", () => {
      expect(alarms(own(), end)).toEqual([[ended, UP]]);
      expect(alarms(own(), end - 1).map(([problem]) => problem)).not.toContain(ended);
    });

    it("leave it to a job that is alive to tell that it is over", () => {
      expect(alarms(reported(end), end)).toEqual([]);
      expect(alarms({}, end)).toContainEqual([ended, CERTBOT]);
      expect(alarms({ job: undefined }, end)).toEqual([[ended, CERTBOT]]);
    });

    it("tell in self-signed mode when less than a fifth of the lifetime is left", () => {
      expect(alarms(own(), end - 20 * DAY)).toEqual([]);
      expect(alarms(own(), end - 20 * DAY + SECOND)).toEqual([
        ["certificate A1B2 ends on 2026-07-21, in 19 days", UP],
      ]);
    });

    it("leave that to the job in acme mode", () => {
      const now = end - 20 * DAY + SECOND;
      expect(alarms(reported(now), now)).toEqual([]);
    });

    it("go by what is published where nothing can be seen", () => {
      expect(alarms({ ...own(), served: undefined }, end)).toEqual([[ended, UP]]);
    });

    it("go by what is served otherwise: a new one that is not taken over does not help", () => {
      const fresh = sampleCertificate({ serial: "FRESH", notAfter: "2026-10-21T12:00:00.000Z" });
      const publishedAt = new Date(end - SECOND).toISOString();
      expect(alarms({ ...reported(end), published: fresh, publishedAt }, end)).toEqual([
        ["certificate A1B2 ended on 2026-07-21: clients refuse it", CERTBOT],
      ]);
    });
  });
});
