import { describe, expect, it } from "vitest";
import {
  CONFIGURED,
  type IngressSettings,
  SITES,
  SITE_LISTEN,
  endpointsOf,
  httpEndpoints,
} from "../../../lib/endpoints";

const https: IngressSettings = {
  ingress: "self-signed",
  portBase: 8080,
  domain: "team.example.org",
  httpPort: 80,
  httpsPort: 443,
  bindAddresses: ["0.0.0.0"],
};

describe("endpoints by http", () => {
  it.each([1024, 8080, 65_500])("from %i: no port twice, none below or above what is promised", (base) => {
    const { published, providerPorts } = httpEndpoints(base);
    const ports = [...published.map(({ external }) => external), ...Object.values(providerPorts)];
    expect(new Set(ports).size).toBe(SITES.length + CONFIGURED.length);
    expect(Math.min(...ports)).toBe(base);
    expect(Math.max(...ports)).toBe(base + 13);
    expect(Math.max(...ports)).toBeLessThan(65_536);
  });

  it("are at the ports that the documentation names", () => {
    const { urls, providerPorts, published, bindAddresses, secure } = httpEndpoints(8080);
    expect(urls).toEqual({
      mlflow: "http://localhost:8080",
      auth: "http://localhost:8081",
      s3: "http://localhost:8082",
      console: "http://localhost:8083",
    });
    expect(providerPorts).toEqual({ postgres: 8090, keycloak: 8091, minio: 8092, mlflow: 8093 });
    expect(published.map(({ internal, external }) => [internal, external])).toEqual(
      SITES.map((site, at) => [SITE_LISTEN[site], 8080 + at]),
    );
    expect([bindAddresses, secure]).toEqual([["127.0.0.1"], false]);
  });

  it("take a host of one's own", () => {
    expect(httpEndpoints(80_80, "10.0.0.5").urls.auth).toBe("http://10.0.0.5:8081");
  });
});

describe("endpoints by https", () => {
  it("share one port, told apart by name", () => {
    const { urls, published, secure } = endpointsOf(https);
    expect(urls).toEqual({
      mlflow: "https://mlflow.team.example.org",
      auth: "https://auth.team.example.org",
      s3: "https://s3.team.example.org",
      console: "https://console.team.example.org",
    });
    expect(published.map(({ internal, external }) => [internal, external])).toEqual([
      [8080, 80],
      [8443, 443],
    ]);
    expect(secure).toBe(true);
  });

  it("name a port that is not the usual one", () => {
    const { urls, published } = endpointsOf({ ...https, ingress: "acme", httpPort: 8880, httpsPort: 8443 });
    expect(urls.s3).toBe("https://s3.team.example.org:8443");
    expect(published.map(({ external }) => external)).toEqual([8880, 8443]);
  });

  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["2001:db8::7", "[2001:db8::7]"],
  ])("of the bare address %s have a port each", (domain, host) => {
    const { urls, published, sites } = endpointsOf({ ...https, domain });
    expect(urls).toEqual({
      mlflow: `https://${host}`,
      auth: `https://${host}:8081`,
      s3: `https://${host}:8082`,
      console: `https://${host}:8083`,
    });
    expect(published.map(({ internal, external }) => [internal, external])).toEqual([
      [8080, 80],
      [8443, 443],
      [8081, 8081],
      [8082, 8082],
      [8083, 8083],
    ]);
    expect(sites.auth.host).toBe(host);
  });
});

describe("ports of NGINX in its container", () => {
  it("are all different, none of which needs root", () => {
    const ports = SITES.map((site) => SITE_LISTEN[site]);
    expect(new Set(ports).size).toBe(SITES.length);
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(1024);
  });
});
