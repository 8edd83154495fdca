import { createServer, type AddressInfo } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { isFree, measure, processOnPort } from "../../../cli/bootstrap/measure";
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
  ];
  it.each(cases)("%s", (_name, facts, request, wanted) => {
    const failures = judge({ ...FIT, ...facts }, request);
    expect(failures).toHaveLength(wanted.length);
    wanted.forEach((pattern, i) => expect(failures[i]?.problem).toMatch(pattern));
    for (const { fix } of failures) expect(fix.length).toBeGreaterThan(20);
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
        memoryGiB: 1,
        disks: [{ path: "/", use: "all", freeGiB: 2 }],
        taken: [{ wish: { port: 80 }, holder: undefined }],
        running: false,
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
    expect(await isFree({ port })).toBe(false);
    expect(await processOnPort(port)).toMatch(new RegExp(`\\(pid ${process.pid}\\)$`));
    const facts = await measure({ ports: [port] }, "unix:///nonexistent.sock");
    expect(facts.taken).toMatchObject([{ wish: { port } }]);
    expect(facts.taken[0]?.holder).toContain(String(process.pid));
    await new Promise((resolve) => server.close(resolve));
    expect(await isFree({ port })).toBe(true);
    expect((await measure({ ports: [port] }, "unix:///nonexistent.sock")).taken).toEqual([]);
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
