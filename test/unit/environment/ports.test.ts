import { describe, expect, it } from "vitest";
import { type Neighbour, portsOf, sharedPorts, suggestPorts } from "../../../cli/environment/ports";

const nothing = (): Promise<boolean> => Promise.resolve(false);
const HERE = "";
const dev: Neighbour = { stack: "dev", dockerHost: HERE, ports: portsOf({ portBase: 8080 }) };
const secure = { ingress: "self-signed", domain: "one.example.com" };
const staging: Neighbour = {
  stack: "staging",
  dockerHost: HERE,
  ports: portsOf({ ...secure, portBase: 8100 }),
};

describe("ports of an environment", () => {
  it("are those that its ingress decides", () => {
    expect(portsOf({})).toEqual([8080, 8081, 8082, 8083, 8090, 8091, 8092, 8093]);
    expect(portsOf(secure)).toEqual([80, 443, 8090, 8091, 8092, 8093]);
    expect(portsOf({ ingress: "self-signed", domain: "192.0.2.1", httpsPort: 8443 })).toEqual([
      ...[80, 8443, 8081, 8082, 8083],
      ...[8090, 8091, 8092, 8093],
    ]);
  });

  it("are known of a file with faults elsewhere, and unknown where the fault decides", () => {
    expect(portsOf({ ingress: "acme", domain: "team.duckdns.org", colour: "blue" })).toHaveLength(6);
    expect(portsOf({ portBase: "many" })).toBeUndefined();
  });
});

describe("suggested ports", () => {
  it("are the usual ones where nobody has them", async () => {
    expect(await suggestPorts({}, [], nothing)).toEqual({ portBase: 8080 });
    expect(await suggestPorts(secure, [], nothing)).toEqual({ portBase: 8080, httpPort: 80, httpsPort: 443 });
  });

  it("are none of another environment's on the same engine", async () => {
    const others = [dev, staging];
    expect(await suggestPorts({ ingress: "http" }, others, nothing)).toEqual({ portBase: 8120 });
    const ports = await suggestPorts(secure, others, nothing);
    // 8080 is dev's, so that the pair is passed over.
    expect(ports).toEqual({ portBase: 8120, httpPort: 9080, httpsPort: 9443 });
    expect(sharedPorts({ ...secure, ...ports }, others)).toEqual([]);
  });

  it("may be those of an environment on another engine", async () => {
    const away = { ...dev, dockerHost: "ssh://one@elsewhere" };
    expect(await suggestPorts({}, [away], nothing)).toEqual({ portBase: 8080 });
    expect(await suggestPorts({ dockerHost: "ssh://one@elsewhere" }, [away], nothing)).toEqual({
      portBase: 8100,
    });
  });

  it("are none that something listens on", async () => {
    const web = (port: number): Promise<boolean> => Promise.resolve([80, 8083].includes(port));
    // The provider's 8090 and the sites' 8083 both lie in the first block; by https, 8083 is none of its ports.
    expect(await suggestPorts({}, [], web)).toEqual({ portBase: 8100 });
    expect(await suggestPorts(secure, [], web)).toEqual({ portBase: 8080, httpPort: 8080, httpsPort: 8443 });
  });

  it("leave alone what is decided, and keep out of its way", async () => {
    expect(await suggestPorts({ ...secure, httpPort: 80 }, [], nothing)).toMatchObject({
      httpPort: 80,
      httpsPort: 443,
    });
    expect(await suggestPorts({ ...secure, httpsPort: 8090 }, [], nothing)).toEqual({
      portBase: 8100,
      httpPort: 80,
      httpsPort: 8090,
    });
    expect(await suggestPorts({ ...secure, portBase: 9070 }, [staging], nothing)).toEqual({
      portBase: 9070,
      // 9080 is counted from 9070.
      httpPort: 8080,
      httpsPort: 8443,
    });
  });

  it("end somewhere", async () => {
    await expect(suggestPorts({}, [], () => Promise.resolve(true))).rejects.toThrow("All ports");
  });
});

describe("shared ports", () => {
  it("are named with the environment that has them, on one engine only", () => {
    const away = { ...dev, stack: "away", dockerHost: "ssh://one@elsewhere" };
    const unreadable: Neighbour = { stack: "broken", dockerHost: HERE, ports: undefined };
    const settings = { ...secure, portBase: 8080, httpPort: 81 };
    expect(sharedPorts(settings, [dev, away, staging, unreadable])).toEqual([
      { stack: "dev", ports: [8090, 8091, 8092, 8093] },
      { stack: "staging", ports: [443] },
    ]);
  });
});
