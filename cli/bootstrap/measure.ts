import { existsSync } from "node:fs";
import { readFile, stat, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { dirname } from "node:path";
import type Docker from "dockerode";
import { isLoopback } from "../../config/domains";
import { cacheDir } from "../paths";
import type { Step } from "./context";
import { askMachine, type Machine, sharesLoopback } from "../ssh/machine";
import { isSsh, sshTarget } from "../ssh/target";
import { engineAddress, engineClient, engineState, isLocal } from "./engine";
import { conflicts, listenersOn, processOnPort } from "./listeners";
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
    if (failures.length > 0) throw preflightError(failures, facts.machine);
    const disk = Math.min(...facts.disks.map((d) => d.freeGiB));
    const ports = context.preflight.ports?.length ?? 0;
    const { memoryGiB, machine, portsKnown } = facts;
    const held = facts.running ? "free or held by this stack" : "free";
    const parts = [
      ...(machine === undefined ? [] : [`engine on ${machine}`]),
      memoryGiB === undefined ? "its memory not checked" : `${memoryGiB.toFixed(0)} GiB memory`,
      `${disk.toFixed(0)} GiB disk`,
      ...(ports > 0 ? [`${ports} ports ${portsKnown ? held : "not checked"}`] : []),
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
  const ready = state.kind === "ready" ? state : undefined;
  const containers = ready ? await engineClient(address).listContainers() : [];
  const own = containers.filter(
    (c) => request.stack !== undefined && c.Labels[STACK_LABEL] === request.stack,
  );
  const wishes = (request.ports ?? []).map((port) => (typeof port === "number" ? { port } : port));
  const ownIds = new Set(own.map((c) => c.Id));
  const machine = ready && isSsh(address) ? await askMachine(address, ready.root) : undefined;
  const local = isLocal(address) || (machine !== undefined && sharesLoopback(machine));
  const disks = [{ path: cacheDir(), use: "programs and downloads" }];
  if (local) disks.push({ path: ready ? ready.root : "/var/lib/docker", use: "images and data" });
  const common = { disks: await freeSpace(disks), running: own.length > 0 };
  const rootless = ready?.rootless ?? false;
  if (local)
    return {
      ...common,
      // Counts what the kernel could free, and the limit of a container this may run in.
      memoryGiB: process.availableMemory() / GIB,
      ...(await ports(wishes, containers, ownIds, hereOn)),
      portsKnown: true,
      addresses: localAddresses(),
      privileged: privilegedPorts(wishes, rootless, await firstPortHere()),
    };
  const elsewhere = { ...common, machine: machineName(address) };
  return machine === undefined
    ? { ...elsewhere, ...UNKNOWN }
    : {
        ...elsewhere,
        memoryGiB: machine.memory === undefined ? undefined : machine.memory / GIB,
        disks: [
          ...common.disks,
          ...(machine.disk === undefined
            ? []
            : [
                {
                  path: `${elsewhere.machine}:${ready?.root ?? ""}`,
                  use: "images and data",
                  freeGiB: machine.disk / GIB,
                },
              ]),
        ],
        ...(await ports(wishes, containers, ownIds, (wish) => Promise.resolve(thereOn(machine, wish)))),
        portsKnown: machine.listeners !== undefined,
        addresses: machine.addresses,
        privileged: privilegedPorts(wishes, rootless, machine.firstPort ?? FIRST_PORT),
      };
}

/** First port that not only root may open, where the kernel does not say. */
const FIRST_PORT = 1024;

/** What is known of an engine's machine that only the engine itself is reached of. */
const UNKNOWN = {
  memoryGiB: undefined,
  taken: [],
  foreign: [],
  portsKnown: false,
  addresses: [],
  privileged: { wishes: [], first: FIRST_PORT },
};

function machineName(address: string): string {
  if (isSsh(address)) return sshTarget(address).host;
  return URL.canParse(address) ? new URL(address).host : address;
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

/** How a wished port is, and who holds it, if that can be told. */
interface PortLook {
  readonly state: "free" | "taken" | "foreign";
  readonly holder?: () => Promise<string | undefined>;
}

async function ports(
  wishes: readonly PortWish[],
  containers: readonly Docker.ContainerInfo[],
  own: ReadonlySet<string>,
  look: (wish: PortWish) => Promise<PortLook>,
): Promise<Pick<PreflightFacts, "taken" | "foreign">> {
  const taken = [];
  const foreign = new Set<string>();
  for (const wish of wishes) {
    const { state, holder } = await look(wish);
    if (state === "foreign") foreign.add(wish.address ?? "");
    if (state !== "taken") continue;
    const container = containers.find((c) => c.Ports.some((p) => p.PublicPort === wish.port));
    if (container && own.has(container.Id)) continue;
    const name = container?.Names[0]?.replace(/^\//, "");
    taken.push({ wish, holder: name ? `container ${name}` : await holder?.() });
  }
  return { taken, foreign: [...foreign] };
}

async function hereOn(wish: PortWish): Promise<PortLook> {
  return { state: await portState(wish), holder: () => processOnPort(wish.port) };
}

/** The same of another machine, by what it tells. */
function thereOn({ listeners, addresses }: Machine, { port, address = "127.0.0.1" }: PortWish): PortLook {
  const known =
    addresses.length === 0 || ANY.has(address) || isLoopback(address) || addresses.includes(address);
  if (!known) return { state: "foreign" };
  const found = (listeners ?? []).filter((listener) => listener.port === port);
  return { state: conflicts(found, address) ? "taken" : "free" };
}

/** Addresses that mean all of a machine's. */
const ANY = new Set(["0.0.0.0", "::"]);

/** Ports that only root may open, for an engine that is not root. */
function privilegedPorts(
  wishes: readonly PortWish[],
  rootless: boolean,
  first: number,
): PreflightFacts["privileged"] {
  return { wishes: rootless ? wishes.filter(({ port }) => port < first) : [], first };
}

async function firstPortHere(): Promise<number> {
  const file = "/proc/sys/net/ipv4/ip_unprivileged_port_start";
  return Number(await readFile(file, "utf8").catch(() => String(FIRST_PORT)));
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
        listenersOn(port).then((found) => resolve(conflicts(found, address) ? "taken" : "free"), reject);
      else resolve("free");
    });
    server.listen({ port, host: address, exclusive: true }, () => server.close(() => resolve("free")));
  });
}
