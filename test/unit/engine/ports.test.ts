import { describe, expect, it } from "vitest";
import { portWishes } from "../../../cli/engine/ports";
import { sampleSettings } from "../../helpers/settings";

const wishes = (settings: Record<string, unknown>): string[] =>
  portWishes(sampleSettings(settings)).map(
    ({ address = "127.0.0.1", port, setting = "" }) => `${address}:${port} ${setting}`,
  );

const PROVIDERS = [8090, 8091, 8092, 8093].map((port) => `127.0.0.1:${port} portBase`);

describe("ports that must be free", () => {
  it("are a port per site by plain http", () => {
    expect(wishes({})).toEqual([
      ...[8080, 8081, 8082, 8083].map((port) => `127.0.0.1:${port} portBase`),
      ...PROVIDERS,
    ]);
  });

  it("are two on each address by https, besides those of the providers", () => {
    const https = {
      ingress: "self-signed",
      domain: "ml.example",
      httpPort: 8180,
      bindAddresses: ["192.0.2.1", "127.0.0.1"],
    };
    expect(wishes(https)).toEqual([
      "192.0.2.1:8180 httpPort",
      "192.0.2.1:443 httpsPort",
      "127.0.0.1:8180 httpPort",
      "127.0.0.1:443 httpsPort",
      ...PROVIDERS,
    ]);
  });

  it("are one for each site below a bare address", () => {
    expect(wishes({ ingress: "self-signed", domain: "192.0.2.1" })).toEqual([
      "0.0.0.0:80 httpPort",
      "0.0.0.0:443 httpsPort",
      ...[8081, 8082, 8083].map((port) => `0.0.0.0:${port} portBase`),
      ...PROVIDERS,
    ]);
  });
});
