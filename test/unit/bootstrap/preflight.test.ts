import { createServer, type AddressInfo } from "node:net";
import type { NetworkInterfaceInfo } from "node:os";
import { describe, expect, it, vi } from "vitest";
import { conflicts, processOnPort } from "../../../cli/bootstrap/listeners";
import { localAddresses, measure, portState } from "../../../cli/bootstrap/measure";
import {
  judge,
  preflightError,
  type PreflightFacts,
  type PreflightRequest,
} from "../../../cli/bootstrap/preflight";

const FIT: PreflightFacts = {
  memoryGiB: 8,
  disks: [{ path: "/", use: "all", freeGiB: 40 }],
  taken: [],
  portsKnown: true,
  foreign: [],
  addresses: ["192.0.2.9", "127.0.0.1"],
  privileged: { wishes: [], first: 1024 },
  running: false,
};

describe("judging a machine", () => {
  const cases: [string, Partial<PreflightFacts>, PreflightRequest, RegExp[]][] = [
    ["a fit one", {}, {}, []],
    ["just enough of everything", { memoryGiB: 6, disks: [{ path: "/", use: "all", freeGiB: 15 }] }, {}, []],
    ["too little memory", { memoryGiB: 5.9 }, {}, [/memory: 5\.9 GiB are available, 6 GiB are needed/]],
    ["a bar for memory of one's own", { memoryGiB: 8 }, { minMemoryGiB: 9 }, [/9 GiB are needed/]],
    ["an engine elsewhere, whose memory is unknown", { memoryGiB: undefined }, {}, []],
    [
      "too little disk, in two places",
      {
        disks: [
          { path: "/a", use: "programs", freeGiB: 1 },
          { path: "/b", use: "images", freeGiB: 14.9 },
        ],
      },
      {},
      [/disk: 1\.0 GiB are free at \/a \(programs\), 15 GiB/, /disk: 14\.9 GiB are free at \/b \(images\)/],
    ],
    ["a bar for disk of one's own", {}, { minDiskGiB: 50 }, [/40\.0 GiB are free at .*50 GiB/]],
    ["a running stack, which uses the memory", { memoryGiB: 1, running: true }, {}, []],
    [
      "a running stack on a disk almost full",
      { running: true, disks: [{ path: "/", use: "all", freeGiB: 1.5 }] },
      {},
      [/2 GiB are needed/],
    ],
    [
      "a taken port and its holder",
      { taken: [{ wish: { port: 8080, use: "MLflow" }, holder: "nginx (pid 42)" }] },
      {},
      [/port 8080 \(MLflow\): already in use by nginx \(pid 42\)/],
    ],
    [
      "a taken port of an unknown holder",
      { taken: [{ wish: { port: 81 }, holder: undefined }] },
      {},
      [/port 81: already in use$/],
    ],
    [
      "a taken port on another address than loopback",
      { taken: [{ wish: { port: 443, use: "https", address: "0.0.0.0" }, holder: "caddy (pid 7)" }] },
      {},
      [/port 443 on 0\.0\.0\.0 \(https\): already in use by caddy/],
    ],
    [
      "low ports and an engine that is not root",
      { privileged: { wishes: [{ port: 443, use: "https", address: "0.0.0.0" }], first: 1024 } },
      {},
      [/port 443 on 0\.0\.0\.0 \(https\): this Docker engine does not run as root .* from 1024 on/],
    ],
    [
      "an address of another machine",
      { foreign: ["198.51.100.1"] },
      {},
      [/address 198\.51\.100\.1: this machine does not have it/],
    ],
  ];
  it.each(cases)("%s", (_name, facts, request, wanted) => {
    const failures = judge({ ...FIT, ...facts }, request);
    expect(failures).toHaveLength(wanted.length);
    wanted.forEach((pattern, i) => expect(failures[i]?.problem).toMatch(pattern));
    for (const { fix } of failures) expect(fix.length).toBeGreaterThan(20);
  });

  it("names the setting that decides, and what it could be", () => {
    const https = { port: 443, setting: "httpsPort" };
    const facts: PreflightFacts = {
      ...FIT,
      taken: [
        { wish: https, holder: undefined },
        { wish: { port: 8080 }, holder: undefined },
      ],
      privileged: { wishes: [https], first: 1024 },
      foreign: ["198.51.100.1"],
    };
    const fixes = judge(facts, { stack: "prod" }).map(({ fix }) => fix);
    expect(fixes).toEqual([
      "end that program, or set another mlflow-platform:httpsPort in Pulumi.prod.yaml",
      "end that program, or set another mlflow-platform:portBase in Pulumi.prod.yaml",
      "set mlflow-platform:httpsPort in Pulumi.prod.yaml to 1024 or more and forward port 443 to it, or let everybody open it: `sudo sysctl net.ipv4.ip_unprivileged_port_start=443`",
      "set mlflow-platform:bindAddresses in Pulumi.prod.yaml to addresses of this machine: 192.0.2.9, 127.0.0.1, or 0.0.0.0 for all of them",
    ]);
  });

  it("takes other bars from the environment, and refuses what is no number", () => {
    vi.stubEnv("MLFLOW_PLATFORM_MIN_MEMORY_GIB", "100");
    expect(judge(FIT, {})).toHaveLength(1);
    vi.stubEnv("MLFLOW_PLATFORM_MIN_MEMORY_GIB", "much");
    expect(() => judge(FIT, {})).toThrow(/MLFLOW_PLATFORM_MIN_MEMORY_GIB is "much"/);
    vi.unstubAllEnvs();
  });

  it("makes one error of all failures, each with its fix, and exit code 3", () => {
    const failures = judge(
      {
        ...FIT,
        memoryGiB: 1,
        disks: [{ path: "/", use: "all", freeGiB: 2 }],
        taken: [{ wish: { port: 80 }, holder: undefined }],
      },
      {},
    );
    const error = preflightError(failures);
    expect(error.exitCode).toBe(3);
    expect(error.message.match(/✗/g)).toHaveLength(3);
    expect(error.message.match(/fix:/g)).toHaveLength(3);
    expect(error.next).toMatch(/run the same command again/);
  });
});

describe("measuring this machine", () => {
  it("sees a taken port and who holds it, and a free one", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    expect(await portState({ port })).toBe("taken");
    expect(await portState({ port, address: "0.0.0.0" })).toBe("taken");
    expect(await processOnPort(port)).toMatch(new RegExp(`\\(pid ${process.pid}\\)$`));
    const facts = await measure({ ports: [port] }, "unix:///nonexistent.sock");
    expect(facts.taken).toMatchObject([{ wish: { port } }]);
    expect(facts.taken[0]?.holder).toContain(String(process.pid));
    await new Promise((resolve) => server.close(resolve));
    expect(await portState({ port })).toBe("free");
    expect((await measure({ ports: [port] }, "unix:///nonexistent.sock")).taken).toEqual([]);
  });

  it("tells an address that is none of this machine's, once for all its ports", async () => {
    // Kept for examples: no machine has it.
    const address = "198.51.100.77";
    expect(await portState({ port: 8443, address })).toBe("foreign");
    const ports = [
      { port: 8443, address },
      { port: 8480, address },
    ];
    expect(await measure({ ports }, "unix:///nonexistent.sock")).toMatchObject({
      foreign: [address],
      taken: [],
    });
    expect(localAddresses()).toContain("127.0.0.1");
    expect(localAddresses()).not.toContain(address);
  });

  it("names addresses by which people may reach it, neither those among containers nor of one cable", () => {
    const at = (address: string, internal = false) => ({ address, internal }) as NetworkInterfaceInfo;
    const interfaces = {
      lo: [at("127.0.0.1", true), at("::1", true)],
      eth0: [at("192.0.2.9"), at("2001:db8::9"), at("fe80::9")],
      docker0: [at("172.17.0.1")],
      "br-12ab": [at("172.18.0.1")],
      veth1: [at("169.254.1.1")],
    };
    expect(localAddresses(interfaces)).toEqual(["192.0.2.9", "2001:db8::9", "127.0.0.1", "::1"]);
  });

  it.each([
    ["the same address", "0100007F", "127.0.0.1", true],
    ["any address", "00000000", "192.168.1.5", true],
    ["any address of both families", "00000000000000000000000000000000", "192.168.1.5", true],
    ["another address", "0100007F", "192.168.1.5", false],
    ["the address backwards", "0501A8C0", "192.168.1.5", true],
    ["any, where all addresses are wished", "0100007F", "0.0.0.0", true],
  ])("tells whether who listens there is in the way: %s", (_, address, wished, answer) => {
    expect(conflicts([{ address }], wished)).toBe(answer);
    expect(conflicts([], wished)).toBe(false);
  });

  it("measures memory and disk without an engine", async () => {
    const facts = await measure({}, "unix:///nonexistent.sock");
    expect(facts.memoryGiB).toBeGreaterThan(0);
    expect(facts.disks.length).toBeGreaterThan(0);
    for (const disk of facts.disks) expect(disk.freeGiB).toBeGreaterThan(0);
    expect(facts.running).toBe(false);
  });

  it("cannot measure the memory and ports of another machine", async () => {
    const facts = await measure({ ports: [22] }, "tcp://192.0.2.1:1");
    expect(facts.memoryGiB).toBeUndefined();
    expect(facts.taken).toEqual([]);
  }, 60_000);
});
