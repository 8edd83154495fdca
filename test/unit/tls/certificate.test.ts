import { createServer, type AddressInfo } from "node:net";
import tls, { createServer as createTlsServer } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  covers,
  daysLeft,
  factsOf,
  lifetimeLeft,
  normalSerial,
  parseCertificate,
} from "../../../cli/tls/certificate";
import { handshake } from "../../../cli/tls/handshake";
import { hostNames, hostsLine, isAddress, reachable } from "../../../cli/tls/hosts";
import { testCa, type TestCa } from "../../helpers/testCa";

const DAY = 24 * 3600 * 1000;
let ca: TestCa;
beforeAll(() => {
  ca = testCa("Some CA");
});
afterAll(() => ca.remove());

describe("a certificate", () => {
  it("is read: names and addresses, issuer, lifetime, serial", () => {
    const pem = ca.issue(["DNS:a.example", "DNS:*.b.example", "IP:192.0.2.1", "IP:2001:db8::1"], 3).cert;
    const certificate = parseCertificate(pem);
    if (certificate === undefined) throw new Error("not read");
    const facts = factsOf(certificate);
    expect(facts.names).toEqual(["a.example", "*.b.example", "192.0.2.1", "2001:DB8:0:0:0:0:0:1"]);
    expect(facts.issuer).toBe("Some CA, Tests");
    expect(facts.serial).toMatch(/^[1-9A-F][0-9A-F]+$/);
    expect(Date.parse(facts.notAfter) - Date.parse(facts.notBefore)).toBe(3 * DAY);
    expect(
      ["a.example", "x.b.example", "192.0.2.1", "2001:db8::1"].map((host) => covers(certificate, host)),
    ).toEqual([true, true, true, true]);
    expect(["b.example", "x.a.example", "192.0.2.2"].map((host) => covers(certificate, host))).toEqual([
      false,
      false,
      false,
    ]);
  });

  it.each(["", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])(
    "is not read from %j",
    (text) => {
      expect(parseCertificate(text)).toBeUndefined();
    },
  );

  it.each([
    ["0a:1B:02", "A1B02"],
    ["000A", "A"],
    ["A", "A"],
    ["0", "0"],
  ])("has one serial number, however it is written: %s", (written, normal) => {
    expect(normalSerial(written)).toBe(normal);
  });

  it("has days and a part of its lifetime left", () => {
    const certificate = {
      serial: "1",
      issuer: "",
      names: [],
      notBefore: "2026-01-01T00:00:00Z",
      notAfter: "2026-01-11T00:00:00Z",
    };
    const at = (text: string): number => Date.parse(text);
    expect(lifetimeLeft(certificate, at("2026-01-01T00:00:00Z"))).toBe(1);
    expect(lifetimeLeft(certificate, at("2026-01-09T00:00:00Z"))).toBeCloseTo(0.2);
    expect(lifetimeLeft(certificate, at("2026-01-11T00:00:01Z"))).toBeLessThan(0);
    expect(daysLeft(certificate.notAfter, at("2026-01-10T00:00:01Z"))).toBe(0);
    expect(daysLeft(certificate.notAfter, at("2026-01-11T00:00:01Z"))).toBe(-1);
  });
});

describe("a handshake", () => {
  /** Names that the server was asked for. */
  const names: string[] = [];
  let port: number;
  let server: tls.Server;

  beforeAll(async () => {
    // Asked before it answers, so that the name is there when the handshake ends.
    const SNICallback = (name: string, done: (error: null) => void): void => {
      names.push(name);
      done(null);
    };
    server = createTlsServer({ ...ca.issue(["DNS:a.example", "IP:192.0.2.1"], 2), SNICallback });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => void server.close());

  const trust = (): tls.SecureContext => tls.createSecureContext({ ca: ca.pem });

  it("looks at any certificate when it trusts nothing", async () => {
    const certificate = await handshake({ host: "127.0.0.1", port, name: "other.example" });
    expect(factsOf(certificate).names).toEqual(["a.example", "192.0.2.1"]);
    expect(names.at(-1)).toBe("other.example");
  });

  it.each(["a.example", "192.0.2.1"])(
    "trusts the certificate for %s, not for the address it connects to",
    async (name) => {
      const certificate = await handshake({ host: "127.0.0.1", port, name, trust: trust() });
      expect(covers(certificate, name)).toBe(true);
      // An address must not be sent as a name.
      expect(names).not.toContain("192.0.2.1");
    },
  );

  it("refuses the certificate of another name, or of another CA", async () => {
    await expect(handshake({ host: "127.0.0.1", port, name: "b.example", trust: trust() })).rejects.toThrow(
      /altnames/,
    );
    await expect(
      handshake({ host: "127.0.0.1", port, name: "a.example", trust: tls.createSecureContext() }),
    ).rejects.toThrow();
  });

  it("fails where nobody listens, or nobody speaks TLS", async () => {
    const mute = createServer((socket) => void socket.on("data", () => socket.end()));
    await new Promise<void>((resolve) => void mute.listen(0, "127.0.0.1", resolve));
    const { port: deaf } = mute.address() as AddressInfo;
    await expect(handshake({ host: "127.0.0.1", port: deaf, name: "a.example" })).rejects.toThrow();
    await new Promise((resolve) => mute.close(resolve));
    await expect(handshake({ host: "127.0.0.1", port: deaf, name: "a.example" })).rejects.toThrow(
      /ECONNREFUSED/,
    );
  });

  it("is interrupted", async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => void silent.listen(0, "127.0.0.1", resolve));
    const { port: never } = silent.address() as AddressInfo;
    const interruption = new AbortController();
    const waiting = handshake({
      host: "127.0.0.1",
      port: never,
      name: "a.example",
      signal: interruption.signal,
    });
    interruption.abort();
    await expect(waiting).rejects.toThrow("interrupted");
    silent.close();
  });
});

describe("host names", () => {
  it("are taken from addresses once, without bare IP addresses", () => {
    expect(
      hostNames(["https://a.example", "https://a.example:8443", "https://192.0.2.1", "https://[::1]"]),
    ).toEqual(["a.example"]);
    expect(["192.0.2.1", "[2001:db8::1]", "2001:db8::1", "a.example"].map(isAddress)).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(hostsLine("127.0.0.1", ["a.example", "b.example"])).toBe("127.0.0.1  a.example b.example");
  });

  it.each([
    [["0.0.0.0"], "127.0.0.1"],
    [["127.0.0.1"], "127.0.0.1"],
    [["192.0.2.1", "127.0.0.1"], "127.0.0.1"],
    [["192.0.2.1"], "192.0.2.1"],
    [["::"], "::1"],
    [[], "127.0.0.1"],
  ])("are reached from this machine, published on %j, at %s", (published, address) => {
    expect(reachable(published)).toBe(address);
  });
});
