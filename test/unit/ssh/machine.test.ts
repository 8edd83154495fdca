import { readFileSync, readlinkSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo } from "node:net";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { measure } from "../../../cli/bootstrap/measure";
import { judge } from "../../../cli/bootstrap/preflight";
import { askMachine, hostBehind, parseMachine, sharesLoopback } from "../../../cli/ssh/machine";
import { type FakeMachine, type FakeSsh, fakeSsh } from "../../helpers/fakeSsh";

/** As a machine answers; 22B8 is port 8888 on 127.0.0.1, and 01BB 443 on all addresses. */
const ANSWER = `network=5e1f-boot net:[4026531840]
memory=4194304
disk=10485760
firstPort=1024
addresses=192.0.2.9 2001:db8::9
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:22B8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1
   1: 00000000:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4712 1
   2: 0100007F:22B9 00000000:0000 01 00000000:00000000 00:00000000 00000000     0        0 4713 1
`;
const ADDRESS = "ssh://far";

let ssh: FakeSsh | undefined;
let engine: number;

function machine(more: FakeMachine = {}): void {
  ssh?.remove();
  ssh = fakeSsh({ engine, prints: ANSWER, ...more });
}

beforeAll(async () => {
  const server = createHttpServer((request, response) => {
    const info = { ServerVersion: "26", DockerRootDir: "/data", SecurityOptions: ["name=rootless"] };
    const list = [
      { Id: "a", Names: ["/someone"], Labels: {}, Ports: [{ PublicPort: 8888 }] },
      { Id: "b", Names: ["/own"], Labels: { "mlflow-platform.stack": "mine" }, Ports: [{ PublicPort: 443 }] },
    ];
    response.end(JSON.stringify(request.url?.startsWith("/info") ? info : list));
  });
  // As an engine, which ends no idle connection.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  engine = (server.address() as AddressInfo).port;
  return () => {
    server.closeAllConnections();
    server.close();
  };
});
afterEach(() => {
  ssh?.remove();
  ssh = undefined;
});

describe("what a machine tells", () => {
  it("is read", () => {
    expect(parseMachine(ANSWER)).toMatchObject({
      memory: 4 * 2 ** 30,
      disk: 10 * 2 ** 30,
      addresses: ["192.0.2.9", "2001:db8::9"],
      firstPort: 1024,
      network: "5e1f-boot net:[4026531840]",
      listeners: [{ port: 8888 }, { port: 443 }],
    });
  });

  it("may be nothing, on a system that is no Linux", () => {
    const silent = parseMachine("network= \nmemory=\ndisk=\nfirstPort=\naddresses=\n");
    expect(silent).toEqual({
      ...{ memory: undefined, disk: undefined, firstPort: undefined, network: undefined },
      ...{ addresses: [], listeners: undefined },
    });
    expect(sharesLoopback(silent)).toBe(false);
  });

  it("tells this machine, reached by a detour, from others", () => {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const network = readlinkSync("/proc/self/ns/net");
    expect(sharesLoopback({ network: `${boot} ${network}` })).toBe(true);
    // A container here runs on the same kernel, and has a loopback address of its own.
    expect(sharesLoopback({ network: `${boot} net:[1]` })).toBe(false);
  });

  it("is asked with a script that any shell here runs, too", async () => {
    const { default: execa } = await import("execa");
    machine();
    await askMachine(ADDRESS, "/it's");
    expect(ssh?.starts()[0]?.slice(-2)).toEqual(["sh", "-s"]);
    const { machineScript } = await import("../../../cli/ssh/machine.js");
    const { stdout } = await execa("sh", ["-s"], { input: machineScript("/") });
    const found = parseMachine(stdout);
    expect(found.memory).toBeGreaterThan(0);
    expect(found.disk).toBeGreaterThan(0);
    expect(found.listeners).toBeDefined();
    expect(sharesLoopback(found)).toBe(true);
  });

  it("cannot be told when ssh fails", async () => {
    machine({ refuses: "ssh: connect to host far port 22: Connection refused" });
    await expect(askMachine(ADDRESS, "/")).rejects.toMatchObject({ exitCode: 3 });
  });
});

describe("the preflight of an engine by ssh", () => {
  it("judges the machine that the engine is on", async () => {
    machine();
    const request = {
      ports: [
        { port: 8888, use: "MLflow" },
        { port: 8889 },
        { port: 443, address: "192.0.2.9" },
        { port: 9, address: "198.51.100.1" },
      ],
      minMemoryGiB: 6,
      minDiskGiB: 15,
    };
    const facts = await measure(request, ADDRESS);
    expect(facts).toMatchObject({ machine: "far", memoryGiB: 4, portsKnown: true, running: false });
    const problems = judge({ ...facts, disks: facts.disks.slice(1) }, request).map(({ problem }) => problem);
    expect(problems).toEqual([
      "memory: 4.0 GiB are available on far, 6 GiB are needed",
      "disk: 10.0 GiB are free at far:/data (images and data), 15 GiB are needed",
      "port 8888 (MLflow): already in use on far by container someone",
      "port 443 on 192.0.2.9: already in use on far by container own",
      expect.stringMatching(/^port 443 on 192\.0\.2\.9: this Docker engine does not run as root/) as unknown,
      expect.stringMatching(/^port 9 on 198\.51\.100\.1: this Docker engine does not run as root/) as unknown,
      "address 198.51.100.1: far does not have it, so nothing can be published on it",
    ]);
  });

  it("counts ports of the stack's own containers as free", async () => {
    machine();
    const facts = await measure({ ports: [443], stack: "mine" }, ADDRESS);
    expect(facts).toMatchObject({ taken: [], running: true });
  });

  it("says that nothing is known where the machine does not tell", async () => {
    machine({ prints: "" });
    const facts = await measure({ ports: [8888] }, ADDRESS);
    expect(facts).toMatchObject({ memoryGiB: undefined, taken: [], portsKnown: false, machine: "far" });
  });
});

describe("the name behind an alias", () => {
  it("is what ssh connects to", async () => {
    machine({ prints: "user me\nhostname 192.0.2.9\nport 22" });
    expect(await hostBehind(ADDRESS)).toBe("192.0.2.9");
    machine({ refuses: "broken" });
    expect(await hostBehind(ADDRESS)).toBe("far");
  });
});
