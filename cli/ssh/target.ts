import { quoted } from "../shell";

/** A machine that is reached by ssh, and the engine on it. */
export interface SshTarget {
  /** The address as it was given, for messages. */
  readonly address: string;
  /** Name or alias, as ssh and `~/.ssh/config` know it. */
  readonly host: string;
  readonly user: string | undefined;
  readonly port: string | undefined;
  /** Socket of the engine on that machine, where it is not the usual one. */
  readonly socket: string | undefined;
}

/** Whether an engine's address says that it is reached by ssh. */
export function isSsh(address: string): boolean {
  return address.startsWith("ssh://");
}

/**
 * Why an address by ssh cannot be used; undefined when it can. Docker's own client refuses the same.
 * @param address - `ssh://…`
 */
export function sshAddressFault(address: string): string | undefined {
  if (!URL.canParse(address)) return "no address; such as ssh://user@host or ssh://user@host:2222";
  const { password, search, hash, hostname } = new URL(address);
  if (hostname === "") return "it names no machine; such as ssh://user@host";
  if (password !== "") return "it holds a password, which anybody may read here; let ssh sign in with a key";
  return search !== "" || hash !== "" ? "nothing may follow after ? or #" : undefined;
}

/**
 * Takes an address by ssh apart.
 * @param address - `ssh://[user@]host[:port][/socket]`
 * @throws Error when it is none
 */
export function sshTarget(address: string): SshTarget {
  const fault = sshAddressFault(address);
  if (!isSsh(address) || fault !== undefined) throw new Error(`${address}: ${fault ?? "not by ssh"}`);
  const { hostname, username, port, pathname } = new URL(address);
  return {
    address,
    host: hostname.replace(/^\[|\]$/g, ""),
    user: username === "" ? undefined : decodeURIComponent(username),
    port: port === "" ? undefined : port,
    socket: pathname === "" || pathname === "/" ? undefined : pathname,
  };
}

/** As a person would type it after `ssh`. */
export function sshWords({ host, user, port }: SshTarget): string {
  return `${port === undefined ? "" : `-p ${port} `}${user === undefined ? "" : `${user}@`}${host}`;
}

/** How long a connection may take to be made (s), and after how many seconds of silence it is asked whether it lives. */
const PATIENCE = ["-o", "ConnectTimeout=20", "-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=4"];

/**
 * Arguments of the system's ssh, which reads the person's own configuration. It never asks anything: nobody could
 * answer, since several connections are made at once and below other programs.
 * @param options - besides the usual ones
 * @param command - to run there; default none
 */
export function sshArgs(
  target: SshTarget,
  options: readonly string[],
  command: readonly string[] = [],
): string[] {
  // As the docker provider takes them.
  const own = (process.env["DOCKER_SSH_OPTS"] ?? "").split(/\s+/).filter((option) => option !== "");
  return [
    ...["-T", "-o", "BatchMode=yes", ...PATIENCE, ...options, ...own],
    ...(target.user === undefined ? [] : ["-l", target.user]),
    ...(target.port === undefined ? [] : ["-p", target.port]),
    ...["--", target.host, ...command],
  ];
}

/** What reaches the engine's interface there, on standard input and output; any Docker since 18.09 has it. */
export function dialCommand({ socket }: SshTarget): string[] {
  // ssh hands a command to a shell there.
  const host = socket === undefined ? [] : [`--host=unix://${quoted(socket)}`];
  return ["docker", ...host, "system", "dial-stdio"];
}
