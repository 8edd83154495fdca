import Docker from "dockerode";
import { messageOf, UserError } from "../errors";
import { sshAgent } from "../ssh/connection";
import { hostBehind } from "../ssh/machine";
import { isSsh } from "../ssh/target";
import { sshError } from "../ssh/words";

/** Where an engine listens by default. */
export const DEFAULT_HOST = "unix:///var/run/docker.sock";

/** What is known of a Docker engine. */
export type EngineState =
  | {
      kind: "ready";
      version: string;
      /** Folder of images and volumes on the engine's machine. */
      root: string;
      /** Whether it runs without the rights of root, so that low ports may be closed to it. */
      rootless: boolean;
      /** Processor of its machine as Node calls it, such as `x64`; as the engine says where Node has no name. */
      arch: string;
    }
  /** There is a socket, but this user may not use it. */
  | { kind: "denied"; detail: string }
  /** Nothing answers. */
  | {
      kind: "absent";
      detail: string;
      /** What there is to tell already, of an engine by ssh. */
      error?: UserError;
    };

/**
 * The engine's address: the setting `dockerHost`, else `DOCKER_HOST`, else the default socket.
 * @param setting - value of the setting, if any
 */
export function engineAddress(setting?: string): string {
  return setting || process.env["DOCKER_HOST"] || DEFAULT_HOST;
}

/**
 * Whether containers of this engine publish their ports, and keep their data, on this machine.
 * @param address - as `engineAddress` gives it
 */
export function isLocal(address: string): boolean {
  // Behind ssh even `localhost` may be another machine: a forwarded port, or a container.
  if (isSsh(address)) return false;
  if (address.startsWith("unix://")) return true;
  return URL.canParse(address) && ["localhost", "127.0.0.1", "[::1]"].includes(new URL(address).hostname);
}

/**
 * Name or address of an engine's machine, where aliases of ssh are resolved.
 * @param address - of an engine that is not local
 */
export async function machineBehind(address: string): Promise<string> {
  return isSsh(address) ? hostBehind(address) : new URL(address).hostname;
}

/**
 * A client of the engine.
 * @param address - `unix://`, `tcp://`, `http(s)://` or `ssh://`
 */
export function engineClient(address: string): Docker {
  if (address.startsWith("unix://")) return new Docker({ socketPath: address.slice("unix://".length) });
  if (isSsh(address)) {
    // The name stands in requests only; where they go is the agent's business.
    const options = { protocol: "http" as const, host: "docker", port: 80, agent: sshAgent(address) };
    return new Docker(options);
  }
  const url = new URL(address);
  // Certificates of a TLS engine come from DOCKER_CERT_PATH, which the client reads itself.
  if (process.env["DOCKER_TLS_VERIFY"] && address === process.env["DOCKER_HOST"]) return new Docker();
  return new Docker({
    protocol: url.protocol === "https:" ? "https" : "http",
    host: url.hostname,
    port: Number(url.port || 2375),
  });
}

/** Processors as engines and Node call them. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: "x64", aarch64: "arm64" };

/**
 * Asks the engine whether it is there.
 * @param address - as `engineAddress` gives it
 */
export async function engineState(address: string): Promise<EngineState> {
  try {
    const info = (await engineClient(address).info()) as {
      ServerVersion: string;
      DockerRootDir: string;
      SecurityOptions?: string[] | null;
      Architecture?: string;
    };
    const rootless = (info.SecurityOptions ?? []).some((option) => option.startsWith("name=rootless"));
    const arch = ARCHITECTURES[info.Architecture ?? ""] ?? info.Architecture ?? process.arch;
    return { kind: "ready", version: info.ServerVersion, root: info.DockerRootDir, rootless, arch };
  } catch (error) {
    if (isSsh(address)) {
      const told = error instanceof UserError ? error : sshError(address, messageOf(error));
      return { kind: "absent", detail: told.message, error: told };
    }
    const code = (error as NodeJS.ErrnoException).code;
    return { kind: code === "EACCES" ? "denied" : "absent", detail: messageOf(error) };
  }
}
