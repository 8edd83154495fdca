import { UserError } from "../errors";

/** A port that the stack wants to publish. */
export interface PortWish {
  port: number;
  /** Address it is published on; default 127.0.0.1. */
  address?: string;
  /** Who will use it, such as `MLflow`. */
  use?: string;
  /** The setting that decides the port; default `portBase`. */
  setting?: string;
}

/** What must be so before anything is changed. */
export interface PreflightRequest {
  /** A number alone is a port on 127.0.0.1. Default none. */
  ports?: readonly (PortWish | number)[];
  /**
   * Name of the stack that is about to be deployed. When containers of it run already, they hold the ports and use
   * the memory, so ports of theirs count as free and only the disk is judged, and more mildly.
   */
  stack?: string;
  /** Default 6, or `MLFLOW_PLATFORM_MIN_MEMORY_GIB`. */
  minMemoryGiB?: number;
  /** Default 15, or `MLFLOW_PLATFORM_MIN_DISK_GIB`. */
  minDiskGiB?: number;
}

/** Memory for all services and an image build (GiB). */
export const MIN_MEMORY_GIB = 6;
/** Sources, compiled programs and images of a first run (GiB). */
export const MIN_DISK_GIB = 15;
/** What a running stack needs to stay healthy (GiB). */
export const MIN_DISK_RUNNING_GIB = 2;

/** What was measured. */
export interface PreflightFacts {
  /** Name of the engine's machine where it is another one; what follows but `disks` is about it then. */
  machine?: string;
  /** Memory that programs can still get (GiB); undefined when the engine's machine does not tell. */
  memoryGiB: number | undefined;
  /** Free space where something is going to be written. */
  disks: readonly { path: string; use: string; freeGiB: number }[];
  /** The wished ports that are taken by others, and by whom if that could be told. */
  taken: readonly { wish: PortWish; holder: string | undefined }[];
  /** Whether anything is known of its ports. */
  portsKnown: boolean;
  /** Wished addresses that are none of the machine's. */
  foreign: readonly string[];
  /** Addresses that the machine has. */
  addresses: readonly string[];
  /** The wished ports that the engine may not open, since it does not run as root; and the first that it may. */
  privileged: { wishes: readonly PortWish[]; first: number };
  /** Whether containers of the stack run. */
  running: boolean;
}

/** One thing that is not as it must be. */
export interface PreflightFailure {
  /** What is wrong, with figures. */
  problem: string;
  /** What to do about it. */
  fix: string;
}

/**
 * Judges what was measured.
 * @returns all failures, none when all is well
 */
export function judge(facts: PreflightFacts, request: PreflightRequest): PreflightFailure[] {
  const failures: PreflightFailure[] = [];
  const minMemory = request.minMemoryGiB ?? fromEnvironment("MLFLOW_PLATFORM_MIN_MEMORY_GIB", MIN_MEMORY_GIB);
  const minDisk = request.minDiskGiB ?? fromEnvironment("MLFLOW_PLATFORM_MIN_DISK_GIB", MIN_DISK_GIB);
  if (!facts.running && facts.memoryGiB !== undefined && facts.memoryGiB < minMemory)
    failures.push({
      problem: `memory: ${facts.memoryGiB.toFixed(1)} GiB are available${on(facts)}, ${minMemory} GiB are needed`,
      fix: "end other programs or give the machine more memory (MLFLOW_PLATFORM_MIN_MEMORY_GIB lowers the bar at your own risk)",
    });
  for (const disk of facts.disks) {
    const needed = facts.running ? Math.min(minDisk, MIN_DISK_RUNNING_GIB) : minDisk;
    if (disk.freeGiB < needed)
      failures.push({
        problem: `disk: ${disk.freeGiB.toFixed(1)} GiB are free at ${disk.path} (${disk.use}), ${needed} GiB are needed`,
        fix: "free some space, for example with `docker image prune` (MLFLOW_PLATFORM_MIN_DISK_GIB lowers the bar at your own risk)",
      });
  }
  return [...failures, ...judgePorts(facts, `Pulumi.${request.stack ?? "<stack>"}.yaml`)];
}

function judgePorts(facts: PreflightFacts, file: string): PreflightFailure[] {
  const { first } = facts.privileged;
  const machine = facts.machine ?? "this machine";
  return [
    ...facts.taken.map(({ wish, holder }) => ({
      problem: `${inWords(wish)}: already in use${on(facts)}${holder ? ` by ${holder}` : ""}`,
      fix: `end ${holder ?? "that program"}, or set another mlflow-platform:${wish.setting ?? "portBase"} in ${file}`,
    })),
    ...facts.privileged.wishes.map((wish) => ({
      problem: `${inWords(wish)}: this Docker engine does not run as root and may open ports from ${first} on`,
      fix: `set mlflow-platform:${wish.setting ?? "portBase"} in ${file} to ${first} or more and forward port ${wish.port} to it, or let everybody open it: \`sudo sysctl net.ipv4.ip_unprivileged_port_start=${wish.port}\``,
    })),
    ...facts.foreign.map((address) => ({
      problem: `address ${address}: ${machine} does not have it, so nothing can be published on it`,
      fix: `set mlflow-platform:bindAddresses in ${file} to addresses of ${machine}: ${facts.addresses.join(", ")}, or 0.0.0.0 for all of them`,
    })),
  ];
}

/** Where, if it is not here. */
function on({ machine }: PreflightFacts): string {
  return machine === undefined ? "" : ` on ${machine}`;
}

function inWords({ port, use, address }: PortWish): string {
  const on = address === undefined || address === "127.0.0.1" ? "" : ` on ${address}`;
  return `port ${port}${on}${use ? ` (${use})` : ""}`;
}

function fromEnvironment(name: string, fallback: number): number {
  const text = process.env[name];
  if (!text) return fallback;
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new UserError(`${name} is "${text}", not a number of GiB`, `Correct it or unset it.`, 2);
}

/**
 * All failures as one error.
 * @param failures - at least one
 * @param machine - the engine's, where it is another one
 */
export function preflightError(failures: readonly PreflightFailure[], machine?: string): UserError {
  const list = failures.map(({ problem, fix }) => `  ✗ ${problem}\n      fix: ${fix}`).join("\n");
  return new UserError(
    `${machine === undefined ? "This machine is" : `This machine, or ${machine}, is`} not ready, so nothing was started or changed:\n${list}`,
    "Mend the above and run the same command again.",
    3,
  );
}
