import { describe, expect, it } from "vitest";
import { parseSettings } from "../../../config/settings";
import { faultsOf } from "./fixtures";

const PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
const signed = { ingress: "self-signed", domain: "team.example.org" };
const acme = { ingress: "acme", domain: "team.duckdns.org", duckdnsToken: { secure: "v1:abc" } };

/** A configuration, the key that is at fault, and what the fault must say. */
const FAULTS: readonly (readonly [object, string, RegExp])[] = [
  [{ ingress: "https" }, "ingress", /`http`, `self-signed` or `acme`/],
  [{ ...signed, domain: "Team.Example" }, "domain", /lower case/],
  [{ ...signed, domain: "https://team.example" }, "domain", /a domain/],
  [{ ...signed, domain: "-team.example" }, "domain", /a domain/],
  [{ ...signed, domain: "team..example" }, "domain", /a domain/],
  [{ ...signed, httpPort: 0 }, "httpPort", /begin at 1/],
  [{ ...signed, httpsPort: 65_536 }, "httpsPort", /end at 65535/],
  [{ ...signed, bindAddresses: ["eth0"] }, "bindAddresses[0]", /an IP address/],
  [{ ...signed, caGeneration: 0 }, "caGeneration", />=1/],
  [{ ...acme, acmeEmail: "me" }, "acmeEmail", /not an e-mail address/],
  [{ ...acme, acmeServer: "letsencrypt" }, "acmeServer", /an address such as/],
  [{ ...acme, acmeChallenge: "dns" }, "acmeChallenge", /`dns-duckdns` or `http`/],
  [{ ...acme, acmeCaBundle: "ca.pem" }, "acmeCaBundle", /text of a PEM file/],
  [{ ...acme, acmeResolver: "a b" }, "acmeResolver", /a DNS server/],
  [{ ...acme, ipv6Lookup: "no" }, "ipv6Lookup", /or empty/],
  // Contradictions.
  [{ ingress: "self-signed" }, "domain", /https needs a domain/],
  [{ bindAddresses: ["0.0.0.0"] }, "bindAddresses", /allowInsecure: true/],
  [{ bindAddresses: ["127.0.0.1", "::"] }, "bindAddresses", /:: would show passwords/],
  [{ ...signed, httpPort: 8443, httpsPort: 8443 }, "httpsPort", /httpPort already/],
  [{ ...signed, httpsPort: 8091 }, "httpsPort", /counted from portBase 8080/],
  [{ ...signed, domain: "203.0.113.7", httpPort: 8081 }, "httpPort", /counted from portBase 8080/],
  [{ ...acme, domain: "203.0.113.7" }, "domain", /a CA needs names/],
  [{ ...acme, domain: "team.example.org" }, "acmeChallenge", /not below duckdns\.org/],
  [{ ...acme, domain: "team.example.org", acmeChallenge: "http" }, "duckdnsToken", /not below duckdns\.org/],
  [{ ...acme, duckdnsToken: "" }, "duckdnsToken", /config set --secret/],
];

describe("faults of the ingress", () => {
  it.each(FAULTS)("%j: %s", (raw, key, problem) => {
    expect(faultsOf(raw as Record<string, unknown>)).toEqual([
      { key, problem: expect.stringMatching(problem) as unknown },
    ]);
  });

  it.each(["prod", "production", "prod-eu"])("%s must not send passwords in clear", (stack) => {
    expect(faultsOf({}, stack)).toEqual([
      { key: "ingress", problem: expect.stringContaining("in clear") as unknown },
    ]);
    expect(() => parseSettings(stack, signed)).not.toThrow();
  });

  it("are all told at once, also beside values of a wrong type", () => {
    const keys = faultsOf({ ingress: "acme", httpPort: "80", acmeChallenge: "http", duckdnsToken: "x" }).map(
      ({ key }) => key,
    );
    expect(keys.sort()).toEqual(["domain", "httpPort"]);
  });
});

describe("settings of the ingress", () => {
  it("publish on the loopback address by http, on all by https, and where one says", () => {
    expect(parseSettings("dev", {}).bindAddresses).toEqual(["127.0.0.1"]);
    expect(parseSettings("dev", signed).bindAddresses).toEqual(["0.0.0.0"]);
    expect(parseSettings("dev", { ...signed, bindAddresses: ["::"] }).bindAddresses).toEqual(["::"]);
    const open = { bindAddresses: ["10.0.0.5"], allowInsecure: true };
    expect(parseSettings("dev", open).bindAddresses).toEqual(["10.0.0.5"]);
    expect(parseSettings("dev", { bindAddresses: ["127.0.0.2", "::1"] }).bindAddresses).toHaveLength(2);
  });

  it.each(["203.0.113.7", "2001:db8::7", "localhost", "ml.team.example.org"])(
    "take the domain %s",
    (domain) => {
      expect(parseSettings("dev", { ...signed, domain }).domain).toBe(domain);
    },
  );

  it("of a CA have good defaults, and no trailing slash", () => {
    expect(parseSettings("dev", { ...acme, duckdnsApi: "https://duck.example/" }).acme).toEqual({
      email: undefined,
      server: "https://acme-v02.api.letsencrypt.org/directory",
      challenge: "dns-duckdns",
      caBundle: undefined,
      resolver: undefined,
      duckdns: {
        api: "https://duck.example",
        // Encrypted in the file: only the program sees it.
        token: "",
        ipv4Lookup: "https://api.ipify.org",
        ipv6Lookup: "https://api6.ipify.org",
      },
    });
  });

  it("take a CA of one's own, challenges by http, and no DuckDNS", () => {
    const own = { ingress: "acme", domain: "a.example", acmeChallenge: "http", acmeCaBundle: PEM };
    expect(parseSettings("prod", own).acme).toMatchObject({
      caBundle: PEM,
      challenge: "http",
      duckdns: undefined,
    });
  });

  it("hold nothing of a CA where there is none", () => {
    expect(parseSettings("dev", { ...acme, ingress: "self-signed" }).acme).toBeUndefined();
  });
});
