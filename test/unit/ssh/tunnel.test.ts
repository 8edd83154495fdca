import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { listenersOn } from "../../../cli/bootstrap/listeners";
import { closedMachine, loopbackPorts } from "../../../cli/engine/tunnel";
import { checkout } from "../../../cli/paths";
import { openTunnel, type Tunnel } from "../../../cli/ssh/tunnel";
import { type FakeSsh, fakeSsh } from "../../helpers/fakeSsh";
import { sampleSettings } from "../../helpers/settings";
import { until } from "../../helpers/until";

const ADDRESS = "ssh://far";
const state = mkdtempSync(join(tmpdir(), "mlflow-platform-tunnels-"));

let ssh: FakeSsh;
let service: Server;
/** Port of this machine that is free, and on the other one that of a service. */
let port: number;
let tunnels: Tunnel[] = [];

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const free = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return free;
}

async function open(ports = [port]): Promise<Tunnel> {
  const tunnel = await openTunnel(
    ADDRESS,
    ports.map((each) => ({ port: each, use: "a service" })),
  );
  tunnels.push(tunnel);
  return tunnel;
}

const isOpen = async (): Promise<boolean> => (await listenersOn(port)).length > 0;

beforeAll(async () => {
  vi.stubEnv("MLFLOW_PLATFORM_STATE_DIR", state);
  service = createHttpServer((_request, response) => response.end("far away"));
  await listening(service);
});
beforeEach(async () => {
  port = await freePort();
  ssh = fakeSsh({ ports: { [port]: (service.address() as AddressInfo).port } });
});
afterEach(async () => {
  for (const tunnel of tunnels) tunnel.close();
  tunnels = [];
  await until(async () => !(await isOpen()), 10_000);
  ssh.remove();
});
afterAll(() => {
  vi.unstubAllEnvs();
  service.close();
  rmSync(state, { recursive: true });
});

describe("a tunnel", () => {
  it("brings a port here until it is closed", async () => {
    const tunnel = await open();
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("far away");
    tunnel.close();
    await until(async () => !(await isOpen()), 5_000);
  });

  it("never rides on a shared connection, whose ports would stay, and fails as a whole", async () => {
    await open();
    const [args = []] = ssh.starts();
    expect(args).toEqual(
      expect.arrayContaining(["-N", "ControlPath=none", "ControlMaster=no", "ExitOnForwardFailure=yes"]),
    );
    expect(args).toContain(`127.0.0.1:${port}:127.0.0.1:${port}`);
  });

  it("tells a port that another program has, and who that is", async () => {
    const other = createServer().listen(port, "127.0.0.1");
    await once(other, "listening");
    await expect(open()).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(
        new RegExp(`port ${port} \\(a service\\): in use by .*${process.pid}`),
      ) as unknown,
    });
    await new Promise((resolve) => other.close(resolve));
  });

  it("is not opened twice: what is there is used, and stays with whom it belongs to", async () => {
    await open();
    const second = await open();
    expect(second.heldBy).toBe(process.pid);
    second.close();
    expect(await isOpen()).toBe(true);
    expect(ssh.starts()).toHaveLength(1);
  });

  it("is not taken for another machine's, nor a dead process's", async () => {
    const note = { owner: { pid: process.pid, started: "1" }, address: ADDRESS, ports: [port] };
    writeFileSync(join(state, "tunnels", "1-dead.json"), JSON.stringify(note));
    writeFileSync(join(state, "tunnels", "2-torn.json"), "{");
    expect((await open()).heldBy).toBeUndefined();
    expect(readdirSync(join(state, "tunnels")).filter((name) => /dead|torn/.test(name))).toEqual([]);
    await expect(openTunnel("ssh://elsewhere", [{ port, use: "x" }])).rejects.toMatchObject({ exitCode: 3 });
  });

  it("says why ssh does not come up", async () => {
    ssh.set({ refuses: "me@far: Permission denied (publickey)." });
    await expect(open()).rejects.toMatchObject({
      exitCode: 3,
      next: expect.stringContaining("ssh-copy-id") as unknown,
    });
  });

  it("tells when the connection is lost", async () => {
    const tunnel = await open();
    const [listener] = await listenersOn(port);
    expect(listener).toBeDefined();
    process.kill(sshProcess(), "SIGKILL");
    expect((await tunnel.lost).exitCode).toBe(3);
  });

  it.each(["SIGKILL", "SIGTERM"] as const)("closes when its process ends by %s", async (signal) => {
    const source = pathToFileURL(join(checkout, "cli", "ssh", "tunnel.ts")).href;
    const program = `
      import { openTunnel } from ${JSON.stringify(source)};
      await openTunnel("${ADDRESS}", [{ port: ${port}, use: "x" }]);
      console.log("open");
      setInterval(() => undefined, 1000);`;
    const loader = pathToFileURL(join(checkout, "node_modules", "tsx", "dist", "loader.mjs")).href;
    const child = spawn(process.execPath, ["--import", loader, "--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    expect(await isOpen()).toBe(true);
    child.kill(signal);
    await until(async () => !(await isOpen()), 5_000);
  });
});

/** The ssh that listens on the port: the youngest child of the guard. */
function sshProcess(): number {
  const found = readdirSync("/proc").flatMap((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      return /^\d+$/.test(pid) && !line.includes("until-closed") && line.includes(`127.0.0.1:${port}:`)
        ? [Number(pid)]
        : [];
    } catch {
      return [];
    }
  });
  if (found.length !== 1) throw new Error(`${found.length} processes listen`);
  return found[0] ?? 0;
}

describe("the ports of a stack", () => {
  const far = { dockerHost: "ssh://me@far" };
  const numbers = (settings: Parameters<typeof sampleSettings>[0], reached: "providers" | "everything") =>
    loopbackPorts(sampleSettings({ ...far, ...settings }), reached).map((each) => each.port);

  it("are those of the providers for Pulumi, and by plain http those of people besides", () => {
    expect(numbers({ portBase: 9000 }, "providers")).toEqual([9010, 9011, 9012, 9013]);
    expect(numbers({ portBase: 9000 }, "everything")).toEqual([
      9000, 9001, 9002, 9003, 9010, 9011, 9012, 9013,
    ]);
    expect(closedMachine(sampleSettings(far))).toBe("far");
  });

  it("are not those that people reach by the machine's own name", () => {
    const open = { ingress: "self-signed", domain: "ml.example", portBase: 9000 };
    expect(numbers(open, "everything")).toEqual([9010, 9011, 9012, 9013]);
    expect(closedMachine(sampleSettings({ ...far, ...open }))).toBeUndefined();
    expect(numbers({ ...open, bindAddresses: ["127.0.0.1"] }, "everything")).toContain(443);
  });

  it("are here already without ssh", () => {
    expect(closedMachine(sampleSettings({}))).toBeUndefined();
  });
});
