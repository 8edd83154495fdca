import { z } from "zod";
import { ingressShape } from "../../config/ingressSchema";
import { endpointsOf, type IngressSettings } from "../../lib/endpoints";
import { portState } from "../bootstrap/measure";
import { readStackFile, settingsIn, stackNames } from "../engine/stack";
import { UserError } from "../errors";

/** The settings that decide ports, without the rest of a file: that may be faulty as long as nobody deploys it. */
const deciding = z.object(ingressShape).pick({
  ingress: true,
  portBase: true,
  domain: true,
  httpPort: true,
  httpsPort: true,
});

/** Another environment, as far as it may be in the way. */
export interface Neighbour {
  readonly stack: string;
  /** Docker engine that it is deployed to; empty for the usual one. */
  readonly dockerHost: string;
  /** Ports that it publishes; undefined when its file does not say so understandably. */
  readonly ports: readonly number[] | undefined;
}

/**
 * Ports of the host that an environment publishes.
 *
 * @param settings - unchecked, without their namespace
 * @returns undefined when they have a fault that decides
 */
export function portsOf(settings: Readonly<Record<string, unknown>>): readonly number[] | undefined {
  const { success, data } = deciding.safeParse(settings);
  if (!success) return undefined;
  const ingress: IngressSettings = { ...data, domain: data.domain || undefined, bindAddresses: [] };
  const { published, providerPorts } = endpointsOf(ingress);
  return [...published.map(({ external }) => external), ...Object.values(providerPorts)];
}

/** The other environments whose files lie in the same folder. */
export function neighbours(name: string): Neighbour[] {
  return stackNames()
    .filter((stack) => stack !== name)
    .map((stack) => {
      const settings = settingsOf(stack);
      const dockerHost = settings?.["dockerHost"];
      return {
        stack,
        dockerHost: typeof dockerHost === "string" ? dockerHost : "",
        ports: settings === undefined ? undefined : portsOf(settings),
      };
    });
}

/** Undefined for a file that is no YAML: what is wrong with it is told when it is deployed. */
function settingsOf(stack: string): Record<string, unknown> | undefined {
  try {
    return settingsIn(readStackFile(stack));
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** The settings that decide which ports there are, unchecked. What is absent is to be suggested. */
export interface PortWish {
  readonly ingress?: unknown;
  readonly domain?: unknown;
  readonly dockerHost?: unknown;
  readonly portBase?: unknown;
  readonly httpPort?: unknown;
  readonly httpsPort?: unknown;
}

/** Ports of a new environment; those of http and https are absent where it has none. */
export type Ports = Pick<PortWish, "portBase" | "httpPort" | "httpsPort">;

/** Lowest of the ports that are counted from `portBase`. */
const FIRST_UNPRIVILEGED = 1024;
/** First port base, and the distance to the next: an environment counts up to 13 from its own. */
const FIRST_BASE = 8080;
const BASE_STEP = 20;
const LAST_BASE = 65_500;
/** Ports of http and https; after them 8080 and 8443, 9080 and 9443, and so on. */
const USUAL = [80, 443] as const;
const PAIR_STEP = 1000;

/**
 * Ports for a new environment that no other one of the same engine has, and that nothing listens on here.
 *
 * @param wish - what is decided already is kept
 * @param others - the other environments
 * @param listening - whether a port is in use. @default asks this machine
 * @throws UserError when all are taken
 */
export async function suggestPorts(
  wish: PortWish,
  others: readonly Neighbour[],
  listening: (port: number) => Promise<boolean> = isListening,
): Promise<Ports> {
  const taken = new Set<unknown>(onSameEngine(wish, others).flatMap(({ ports = [] }) => ports));
  taken.add(wish.httpPort).add(wish.httpsPort);
  const free = async (ports: readonly number[]): Promise<boolean> => {
    for (const port of ports) if (taken.has(port) || (await listening(port))) return false;
    return true;
  };
  const portBase = wish.portBase ?? (await first(bases(), (base) => free(counted(wish, base))));
  if ((wish.ingress ?? "http") === "http") return { portBase };
  for (const port of counted(wish, portBase)) taken.add(port);
  const decided = [wish.httpPort, wish.httpsPort];
  const [httpPort, httpsPort] = await first(pairs(), (pair) =>
    free(pair.filter((_, at) => decided[at] === undefined)),
  );
  return { portBase, httpPort: wish.httpPort ?? httpPort, httpsPort: wish.httpsPort ?? httpsPort };
}

/** Ports that are counted from a port base, other than those of http and https. */
function counted({ ingress, domain }: PortWish, portBase: unknown): readonly number[] {
  const [httpPort, httpsPort] = USUAL;
  const all = portsOf({ ingress, domain, portBase, httpPort, httpsPort }) ?? [];
  return all.filter((port) => port >= FIRST_UNPRIVILEGED);
}

/** Environments that would be in the way of a new one: deployed to the same engine. */
function onSameEngine({ dockerHost = "" }: PortWish, others: readonly Neighbour[]): Neighbour[] {
  return others.filter((other) => other.dockerHost === dockerHost);
}

/**
 * Ports that a new environment shares with others of the same engine. Both may be right: where each is deployed from
 * its own machine, they never meet.
 *
 * @param settings - of the new one, unchecked
 */
export function sharedPorts(
  settings: Readonly<Record<string, unknown>>,
  others: readonly Neighbour[],
): { readonly stack: string; readonly ports: readonly number[] }[] {
  const own = new Set(portsOf(settings));
  return onSameEngine(settings, others)
    .map(({ stack, ports = [] }) => ({ stack, ports: ports.filter((port) => own.has(port)) }))
    .filter(({ ports }) => ports.length > 0);
}

function* bases(): Generator<number> {
  for (let base = FIRST_BASE; base <= LAST_BASE; base += BASE_STEP) yield base;
}

function* pairs(): Generator<readonly [http: number, https: number]> {
  const [http, https] = USUAL;
  yield USUAL;
  for (let above = 8000; above <= 60_000; above += PAIR_STEP) yield [above + http, above + https];
}

async function first<T>(candidates: Iterable<T>, fits: (candidate: T) => Promise<boolean>): Promise<T> {
  for (const candidate of candidates) if (await fits(candidate)) return candidate;
  throw new UserError(
    "All ports that could be suggested are taken, so nothing was written.",
    "Choose some yourself: --port-base, --http-port, --https-port",
  );
}

async function isListening(port: number): Promise<boolean> {
  return (await portState({ port })) === "taken";
}
