import { readFileSync, readlinkSync } from "node:fs";
import execa from "execa";
import { type Listener, parseListeners, SOCKET_TABLES } from "../bootstrap/listeners";
import { sshArgs, sshTarget } from "./target";
import { noSsh, sshError } from "./words";

/** What a machine tells about itself over ssh. What it has no answer to is left out: it may be no Linux. */
export interface Machine {
  /** Memory that programs can still get (bytes). */
  readonly memory: number | undefined;
  /** Free space where the engine keeps images and data (bytes). */
  readonly disk: number | undefined;
  /** Who listens on its ports; undefined when it does not tell. */
  readonly listeners: readonly Listener[] | undefined;
  /** Its addresses but the loopback ones; empty when it does not tell. */
  readonly addresses: readonly string[];
  /** First port that not only root may open. */
  readonly firstPort: number | undefined;
  /** Names the network that its loopback address belongs to; equal for whoever shares that. */
  readonly network: string | undefined;
}

/** Files that name the running kernel and the network of a process. */
const BOOT = "/proc/sys/kernel/random/boot_id";
const NETWORK = "/proc/self/ns/net";

/**
 * What is asked there, for any POSIX shell; what fails prints nothing.
 * @param root - folder of images and volumes
 */
export const machineScript = (root: string): string => `
exec 2>/dev/null
echo "network=$(cat ${BOOT}) $(readlink ${NETWORK})"
echo "memory=$(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo)"
echo "disk=$(df -Pk '${root.replaceAll("'", `'\\''`)}' | awk 'NR == 2 { print $4 }')"
echo "firstPort=$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)"
echo "addresses=$(hostname -I)"
cat ${SOCKET_TABLES.join(" ")}
`;

/**
 * Asks a machine for what a deployment needs of it.
 * @param address - of its engine, `ssh://…`
 * @param root - folder of images and volumes there
 * @throws UserError when it cannot be reached
 */
export async function askMachine(address: string, root: string): Promise<Machine> {
  const args = sshArgs(sshTarget(address), [], ["sh", "-s"]);
  const done = await execa("ssh", args, { input: machineScript(root), reject: false });
  if ((done as { code?: string }).code === "ENOENT") throw noSsh(address);
  // ssh itself fails with 255; with any other code the machine has answered as far as it can.
  if (done.exitCode === 255) throw sshError(address, done.stderr);
  const machine = parseMachine(done.stdout);
  asked.set(address, machine);
  return machine;
}

/** What machines told when they were asked last. */
const asked = new Map<string, Machine>();

/**
 * Whether a machine's loopback address is this machine's own: it was reached by a detour, and nothing is to forward.
 * @param address - of its engine, `ssh://…`
 * @param root - folder of images and volumes there
 * @throws UserError when it cannot be reached
 */
export async function isThisMachine(address: string, root: string): Promise<boolean> {
  return sharesLoopback(asked.get(address) ?? (await askMachine(address, root)));
}

/**
 * Reads what the script prints.
 * @param text - lines `key=value`, then tables of sockets
 */
export function parseMachine(text: string): Machine {
  const value = (key: string): string => new RegExp(`^${key}=(.*)$`, "m").exec(text)?.[1]?.trim() ?? "";
  const number = (key: string): number | undefined =>
    /^\d+$/.test(value(key)) ? Number(value(key)) : undefined;
  const kibibytes = (key: string): number | undefined => {
    const found = number(key);
    return found === undefined ? undefined : found * 1024;
  };
  return {
    memory: kibibytes("memory"),
    disk: kibibytes("disk"),
    listeners: text.includes("local_address") ? parseListeners(text) : undefined,
    addresses: value("addresses")
      .split(/\s+/)
      .filter((address) => address !== ""),
    firstPort: number("firstPort"),
    network: value("network").includes(" ") ? value("network") : undefined,
  };
}

/** Whether a machine has the very loopback address of this one. */
export function sharesLoopback({ network }: Pick<Machine, "network">): boolean {
  return network !== undefined && network === ownNetwork();
}

function ownNetwork(): string | undefined {
  try {
    return `${readFileSync(BOOT, "utf8").trim()} ${readlinkSync(NETWORK)}`;
  } catch {
    return undefined;
  }
}

/**
 * The name or address that ssh connects to, where the address holds an alias of `~/.ssh/config`. Asks only ssh here.
 * @param address - `ssh://…`
 */
export async function hostBehind(address: string): Promise<string> {
  const target = sshTarget(address);
  const { stdout } = await execa("ssh", ["-G", ...sshArgs(target, [])], { reject: false });
  return /^hostname (\S+)$/m.exec(stdout)?.[1] ?? target.host;
}
