import { existsSync } from "node:fs";
import { readdir, readFile, readlink, stat, statfs } from "node:fs/promises";
import { createServer, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import { dirname } from "node:path";
import type Docker from "dockerode";
import { cacheDir } from "../paths";
import type { Step } from "./context";
import { engineAddress, engineClient, engineState, isLocal } from "./engine";
import {
  judge,
  preflightError,
  type PortWish,
  type PreflightFacts,
  type PreflightRequest,
} from "./preflight";

const GIB = 2 ** 30;
/** Label by which containers of a stack are known. */
const STACK_LABEL = "mlflow-platform.stack";

/** Checks the machine before anything is changed on it. */
export const preflightStep: Step = {
  name: "preflight",
  title: "Preflight: memory, disk, ports",
  async run(context, task) {
    const facts = await measure(context.preflight, engineAddress(context.dockerHost));
    const failures = judge(facts, context.preflight);
    if (failures.length > 0) throw preflightError(failures);
    const disk = Math.min(...facts.disks.map((d) => d.freeGiB));
    const ports = context.preflight.ports?.length ?? 0;
    const parts = [
      facts.memoryGiB === undefined
        ? "engine on another machine"
        : `${facts.memoryGiB.toFixed(0)} GiB memory`,
      `${disk.toFixed(0)} GiB disk`,
      ...(ports > 0 ? [`${ports} ports ${facts.running ? "free or held by this stack" : "free"}`] : []),
    ];
    task.result(parts.join(", "));
  },
};

/**
 * Measures what the preflight judges. Changes nothing.
 * @param request - the ports and the stack
 * @param address - of the engine, which need not run
 */
export async function measure(request: PreflightRequest, address: string): Promise<PreflightFacts> {
  const state = await engineState(address);
  const local = isLocal(address);
  const containers = state.kind === "ready" ? await engineClient(address).listContainers() : [];
  const own = containers.filter(
    (c) => request.stack !== undefined && c.Labels[STACK_LABEL] === request.stack,
  );
  const wishes = (request.ports ?? []).map((port) => (typeof port === "number" ? { port } : port));
  const disks = [{ path: cacheDir(), use: "programs and downloads" }];
  if (local)
    disks.push({ path: state.kind === "ready" ? state.root : "/var/lib/docker", use: "images and data" });
  return {
    // Counts what the kernel could free, and the limit of a container this may run in.
    memoryGiB: local ? process.availableMemory() / GIB : undefined,
    disks: await freeSpace(disks),
    ...(local ? await ports(wishes, containers, new Set(own.map((c) => c.Id))) : { taken: [], foreign: [] }),
    addresses: localAddresses(),
    privileged: await privilegedPorts(wishes, local && state.kind === "ready" && state.rootless),
    running: own.length > 0,
  };
}

/** Free space of each file system once: two folders on one disk share it. */
async function freeSpace(
  wanted: readonly { path: string; use: string }[],
): Promise<{ path: string; use: string; freeGiB: number }[]> {
  const byDevice = new Map<number, { path: string; use: string; freeGiB: number }>();
  for (const { path, use } of wanted) {
    let there = path;
    while (!existsSync(there)) there = dirname(there);
    const [{ dev }, space] = await Promise.all([stat(there), statfs(there)]);
    const seen = byDevice.get(dev);
    if (seen) seen.use += `, ${use}`;
    else byDevice.set(dev, { path: there, use, freeGiB: (space.bavail * space.bsize) / GIB });
  }
  return [...byDevice.values()];
}

async function ports(
  wishes: readonly PortWish[],
  containers: readonly Docker.ContainerInfo[],
  own: ReadonlySet<string>,
): Promise<Pick<PreflightFacts, "taken" | "foreign">> {
  const taken = [];
  const foreign = new Set<string>();
  for (const wish of wishes) {
    const state = await portState(wish);
    if (state === "foreign") foreign.add(wish.address ?? "");
    if (state !== "taken") continue;
    const container = containers.find((c) => c.Ports.some((p) => p.PublicPort === wish.port));
    if (container && own.has(container.Id)) continue;
    const name = container?.Names[0]?.replace(/^\//, "");
    taken.push({ wish, holder: name ? `container ${name}` : await processOnPort(wish.port) });
  }
  return { taken, foreign: [...foreign] };
}

/** Ports that only root may open, for an engine that is not root. */
async function privilegedPorts(
  wishes: readonly PortWish[],
  rootless: boolean,
): Promise<PreflightFacts["privileged"]> {
  const text = await readFile("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8").catch(() => "1024");
  const first = Number(text);
  return { wishes: rootless ? wishes.filter(({ port }) => port < first) : [], first };
}

/** Networks among containers, and their ends here. */
const CONTAINER_NETWORKS = /^(docker|br-|veth)/;
/** Addresses that mean something on one cable only. */
const LINK_LOCAL = /^(fe80:|169\.254\.)/;

/**
 * Addresses by which people may reach this machine, the loopback ones last.
 * @param interfaces - default those of this machine
 */
export function localAddresses(interfaces = networkInterfaces()): string[] {
  const all = Object.entries(interfaces)
    .filter(([name]) => !CONTAINER_NETWORKS.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(({ address }) => !LINK_LOCAL.test(address));
  return all.sort((a, b) => Number(a.internal) - Number(b.internal)).map(({ address }) => address);
}

/**
 * Whether a port can be listened on.
 * @param wish - the port and the address
 * @returns `foreign` when the address is none of this machine's
 */
export function portState({ port, address = "127.0.0.1" }: PortWish): Promise<"free" | "taken" | "foreign"> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", ({ code }: NodeJS.ErrnoException) => {
      if (code === "EADDRINUSE") resolve("taken");
      else if (code === "EADDRNOTAVAIL") resolve("foreign");
      // A low port that this user may not open is opened by the engine, which may; so who listens counts.
      else if (code === "EACCES")
        listeners(port).then((found) => resolve(conflicts(found, address) ? "taken" : "free"), reject);
      else resolve("free");
    });
    server.listen({ port, host: address, exclusive: true }, () => server.close(() => resolve("free")));
  });
}

interface Listener {
  /** As the kernel writes it: hexadecimal, the bytes of each word backwards. */
  address: string;
  /** Of its socket. */
  inode: string;
}

/** Who listens on a port, of all users. */
async function listeners(port: number): Promise<Listener[]> {
  const found: Listener[] = [];
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    const rows = (await readFile(table, "utf8").catch(() => "")).split("\n").slice(1);
    for (const row of rows) {
      const [, local = "", , state, , , , , , inode] = row.trim().split(/\s+/);
      const [address = "", hexPort = ""] = local.split(":");
      if (state === "0A" && inode && parseInt(hexPort, 16) === port) found.push({ address, inode });
    }
  }
  return found;
}

/**
 * Whether one of them keeps an address from being listened on.
 * @param address - the wished one
 */
export function conflicts(found: readonly Pick<Listener, "address">[], address: string): boolean {
  if (address === "0.0.0.0" || isIPv6(address)) return found.length > 0;
  const own = address
    .split(".")
    .map((part) => Number(part).toString(16).padStart(2, "0").toUpperCase())
    .reverse()
    .join("");
  return found.some((listener) => /^0+$/.test(listener.address) || listener.address === own);
}

/**
 * Which process listens on a port, as far as this user may see that.
 * @param port - TCP port
 * @returns such as `nginx (pid 42)`
 */
export async function processOnPort(port: number): Promise<string | undefined> {
  const inodes = new Set((await listeners(port)).map(({ inode }) => `socket:[${inode}]`));
  if (inodes.size === 0) return undefined;
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    // Processes of other users cannot be read, and any may end meanwhile.
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => "");
      if (inodes.has(target)) return `${(await readFile(`/proc/${pid}/comm`, "utf8")).trim()} (pid ${pid})`;
    }
  }
  return undefined;
}
