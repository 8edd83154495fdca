import { readdir, readFile, readlink } from "node:fs/promises";
import { isIPv6 } from "node:net";

/** Somebody who listens on a port. */
export interface Listener {
  /** As the kernel writes it: hexadecimal, the bytes of each word backwards. */
  address: string;
  port: number;
  /** Of its socket. */
  inode: string;
}

/** Where the kernel lists sockets. */
export const SOCKET_TABLES = ["/proc/net/tcp", "/proc/net/tcp6"];

/**
 * Who listens, of all users.
 * @param table - content of one or more of {@link SOCKET_TABLES}
 */
export function parseListeners(table: string): Listener[] {
  return table.split("\n").flatMap((row) => {
    const [, local = "", , state, , , , , , inode] = row.trim().split(/\s+/);
    const [address = "", port = ""] = local.split(":");
    return state === "0A" && inode ? [{ address, port: parseInt(port, 16), inode }] : [];
  });
}

/** Who listens on a port of this machine. */
export async function listenersOn(port: number): Promise<Listener[]> {
  const tables = await Promise.all(SOCKET_TABLES.map((file) => readFile(file, "utf8").catch(() => "")));
  return parseListeners(tables.join("\n")).filter((listener) => listener.port === port);
}

/**
 * Whether one of them keeps an address from being listened on.
 * @param found - listeners on the wished port
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
  const inodes = new Set((await listenersOn(port)).map(({ inode }) => `socket:[${inode}]`));
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
