import { describe, expect, it } from "vitest";
import { parseSettings } from "../../../config/settings";
import { duckdnsDomain, isLoopback } from "../../../config/domains";
import { keepsSecureCookies } from "../../../lib/addresses";
import { certbotEnv } from "../../../lib/certbotEnv";
import { certificateNames } from "../../../lib/certificateNames";

describe("DuckDNS's name of a domain", () => {
  it.each([
    ["team.duckdns.org", "team"],
    ["ml.team.duckdns.org", "team"],
    ["duckdns.org", undefined],
    [".duckdns.org", undefined],
    ["team.example.org", undefined],
    ["team.duckdns.org.example", undefined],
  ])("%s is %s", (domain, wanted) => {
    expect(duckdnsDomain(domain)).toBe(wanted);
  });
});

describe("names of a certificate", () => {
  it("are one wildcard by DNS, which needs one challenge, and the four hosts by http", () => {
    expect(certificateNames("t.duckdns.org", "dns-duckdns")).toEqual(["*.t.duckdns.org"]);
    expect(certificateNames("t.org", "http")).toEqual([
      "mlflow.t.org",
      "auth.t.org",
      "s3.t.org",
      "console.t.org",
    ]);
  });
});

describe("the certificate job's environment", () => {
  const acme = (changed: object) => {
    const raw = { ingress: "acme", domain: "t.duckdns.org", duckdnsToken: "canary-token", ...changed };
    const { acme: settings } = parseSettings("dev", raw);
    if (settings === undefined) throw new Error("no settings of a CA");
    return settings;
  };

  it("says what to obtain and whom to tell, and never the token", () => {
    const env = certbotEnv(
      "t.duckdns.org",
      acme({ acmeEmail: "ops@example.com", acmeResolver: "192.0.2.1" }),
    );
    expect(env).toEqual({
      ACME_SERVER: "https://acme-v02.api.letsencrypt.org/directory",
      ACME_EMAIL: "ops@example.com",
      ACME_CHALLENGE: "dns-duckdns",
      ACME_RESOLVER: "192.0.2.1",
      CERTIFICATE_NAMES: "*.t.duckdns.org",
      DUCKDNS_DOMAIN: "t",
      DUCKDNS_API: "https://www.duckdns.org",
      IPV4_LOOKUP: "https://api.ipify.org",
      IPV6_LOOKUP: "https://api6.ipify.org",
    });
    expect(JSON.stringify(env)).not.toContain("canary-token");
  });

  it("tells nobody an address without a token", () => {
    const env = certbotEnv("t.org", acme({ domain: "t.org", acmeChallenge: "http", duckdnsToken: "" }));
    expect(env).toMatchObject({
      DUCKDNS_DOMAIN: "",
      IPV4_LOOKUP: "",
      CERTIFICATE_NAMES: expect.stringContaining("auth.t.org") as unknown,
    });
  });
});

describe("cookies marked Secure", () => {
  it.each([
    ["https://mlflow.team.example.org", true],
    ["https://203.0.113.7:8081", true],
    ["http://localhost:8080", true],
    ["http://10.0.0.5:8080", false],
    ["http://localhost.example:8080", false],
  ])("are kept at %s: %s", (url, wanted) => {
    expect(keepsSecureCookies(url)).toBe(wanted);
  });
});

describe("loopback addresses", () => {
  it.each([
    ["127.0.0.1", true],
    ["127.1.2.3", true],
    ["::1", true],
    ["0.0.0.0", false],
    ["::", false],
    ["128.0.0.1", false],
    ["localhost", false],
    ["", false],
  ])("%j: %s", (address, wanted) => {
    expect(isLoopback(address)).toBe(wanted);
  });
});
