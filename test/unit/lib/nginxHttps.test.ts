import { describe, expect, it } from "vitest";
import { type Endpoints, type IngressSettings, SITES, endpointsOf } from "../../../lib/endpoints";
import { nginxConfig } from "../../../lib/nginx/config";
import { children, directives, locationFor, parseNginx, serverFor } from "./nginxModel";

const settings: IngressSettings = {
  ingress: "self-signed",
  portBase: 8080,
  domain: "team.example.org",
  httpPort: 80,
  httpsPort: 443,
  bindAddresses: ["0.0.0.0"],
};
const configOf = (endpoints: Endpoints, challenges?: string) =>
  parseNginx(nginxConfig({ endpoints, realm: "mlflow-prod", challenges }));

const named = endpointsOf(settings);
const config = configOf(named, "/certificates/challenges");
const http = children(config, "http")[0]?.body ?? [];
const site = (host: string) => serverFor(config, 8443, host);

describe("TLS", () => {
  it("is what Mozilla's intermediate profile asks for", () => {
    expect(directives(http, "ssl_protocols")).toEqual(["TLSv1.2 TLSv1.3"]);
    expect(directives(http, "ssl_prefer_server_ciphers")).toEqual(["off"]);
    expect(directives(http, "ssl_session_tickets")).toEqual(["off"]);
    expect(directives(http, "ssl_ecdh_curve")).toEqual(["X25519MLKEM768:X25519:prime256v1:secp384r1"]);
    const [ciphers = ""] = directives(http, "ssl_ciphers");
    expect(ciphers.split(":")).toHaveLength(6);
    // Authenticated encryption and forward secrecy, without exception.
    expect(ciphers.split(":").every((cipher) => /^ECDHE-(ECDSA|RSA)-.*(GCM|CHACHA20)/.test(cipher))).toBe(
      true,
    );
    expect(JSON.stringify(config)).not.toContain("ssl_stapling");
  });

  it("refuses the handshake for unknown names", () => {
    for (const host of ["evil.example", "team.example.org", "_", ""]) {
      expect(directives(site(host), "ssl_reject_handshake"), host).toEqual(["on"]);
      expect(directives(site(host), "return"), host).toEqual(["444"]);
    }
  });

  it("reads certificate and key from one folder at each handshake", () => {
    const maps = children(http, "map").filter(({ words }) => words[2] === "$served");
    expect(maps.map(({ words }) => words[1])).toEqual(["$realpath_root"]);
    for (const name of SITES) {
      const server = site(named.sites[name].host);
      expect(directives(server, "root")).toEqual(["/tmp/tls/current"]);
      expect(directives(server, "ssl_certificate")).toEqual(["$served/fullchain.pem"]);
      expect(directives(server, "ssl_certificate_key")).toEqual(["$served/privkey.pem"]);
    }
  });
});

describe("every site by https", () => {
  it.each(SITES)("%s has a server of its own name on the shared port", (name) => {
    const server = site(named.sites[name].host);
    expect(directives(server, "listen")).toEqual(["8443 ssl"]);
    expect(directives(server, "return")).toEqual([]);
    expect(children(server, "location").length).toBeGreaterThan(0);
  });

  it.each(SITES)("%s tells browsers how to treat all its answers", (name) => {
    const headers = directives(site(named.sites[name].host), "add_header");
    const names = headers.map((header) => header.split(" ")[0]);
    expect(names).toEqual([
      "Strict-Transport-Security",
      "X-Content-Type-Options",
      "X-Frame-Options",
      "Referrer-Policy",
      "Permissions-Policy",
      "Content-Security-Policy",
    ]);
    expect(headers.every((header) => header.endsWith(" always"))).toBe(true);
    expect(headers[0]).toContain("max-age=63072000");
    // A location with a header of its own would drop these.
    const own = children(site(named.sites[name].host), "location").flatMap(({ body }) =>
      directives(body, "add_header"),
    );
    expect(own).toEqual([]);
    expect(directives(http, "proxy_hide_header")).toEqual(expect.arrayContaining(names));
  });
});

describe("port 80", () => {
  it.each([
    ...SITES.map((name) => [named.sites[name].host, named.urls[name]] as const),
    ["team.example.org", named.urls.mlflow] as const,
  ])("leads %s to https", (host, url) => {
    const server = serverFor(config, 8080, host);
    expect(directives(locationFor(server, "/any"), "return")).toEqual([`308 ${url}$request_uri`]);
    const challenge = locationFor(server, "/.well-known/acme-challenge/token");
    expect(directives(challenge, "root")).toEqual(["/certificates/challenges"]);
    // Browsers must not be told by an answer that anybody could have forged.
    expect(directives(server, "add_header").join()).not.toContain("Strict-Transport-Security");
  });

  it("closes on unknown names, and answers no challenges where there is no job", () => {
    expect(directives(serverFor(config, 8080, "evil.example"), "return")).toEqual(["444"]);
    const plain = configOf(named);
    const challenge = locationFor(
      serverFor(plain, 8080, named.sites.mlflow.host),
      "/.well-known/acme-challenge/t",
    );
    expect(directives(challenge, "root")).toEqual([]);
  });

  it("names another https port", () => {
    const other = configOf(endpointsOf({ ...settings, httpsPort: 8443 }));
    const location = locationFor(serverFor(other, 8080, "auth.team.example.org"), "/");
    expect(directives(location, "return")).toEqual(["308 https://auth.team.example.org:8443$request_uri"]);
  });
});

describe("a bare address", () => {
  const bare = endpointsOf({ ...settings, domain: "203.0.113.7" });
  const own = configOf(bare);

  it.each(SITES)("%s has a port of its own, and closes on other names", (name) => {
    const { listen } = bare.sites[name];
    const server = serverFor(own, listen, "203.0.113.7");
    expect(directives(server, "ssl_certificate")).toEqual(["$certificate/fullchain.pem"]);
    expect(children(server, "location").length).toBeGreaterThan(0);
    expect(directives(serverFor(own, listen, "evil.example"), "return")).toEqual(["444"]);
  });

  it("gives a certificate to clients that name it, or nothing", () => {
    const [map] = children(children(own, "http")[0]?.body, "map").filter(
      ({ words }) => words[2] === "$certificate",
    );
    expect(map?.body?.map(({ words }) => words)).toEqual([
      ["", "$served"],
      ["203.0.113.7", "$served"],
      ["default", "/nowhere"],
    ]);
  });

  it("is led to https as a whole", () => {
    const server = serverFor(own, 8080, "203.0.113.7");
    expect(directives(locationFor(server, "/x"), "return")).toEqual(["308 https://203.0.113.7$request_uri"]);
  });
});
