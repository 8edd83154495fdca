import { userInfo } from "node:os";
import Docker from "dockerode";
import { messageOf } from "../errors";

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
    }
  /** There is a socket, but this user may not use it. */
  | { kind: "denied"; detail: string }
  /** Nothing answers. */
  | { kind: "absent"; detail: string };

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
  if (address.startsWith("unix://")) return true;
  return URL.canParse(address) && ["localhost", "127.0.0.1", "[::1]"].includes(new URL(address).hostname);
}

/**
 * A client of the engine.
 * @param address - `unix://`, `tcp://`, `http(s)://` or `ssh://`
 */
export function engineClient(address: string): Docker {
  if (address.startsWith("unix://")) return new Docker({ socketPath: address.slice("unix://".length) });
  const url = new URL(address);
  if (url.protocol === "ssh:")
    return new Docker({
      protocol: "ssh",
      host: url.hostname,
      port: Number(url.port || 22),
      username: url.username || userInfo().username,
      sshOptions: { agent: process.env["SSH_AUTH_SOCK"] },
    });
  // Certificates of a TLS engine come from DOCKER_CERT_PATH, which the client reads itself.
  if (process.env["DOCKER_TLS_VERIFY"] && address === process.env["DOCKER_HOST"]) return new Docker();
  return new Docker({
    protocol: url.protocol === "https:" ? "https" : "http",
    host: url.hostname,
    port: Number(url.port || 2375),
  });
}

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
    };
    const rootless = (info.SecurityOptions ?? []).some((option) => option.startsWith("name=rootless"));
    return { kind: "ready", version: info.ServerVersion, root: info.DockerRootDir, rootless };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return { kind: code === "EACCES" ? "denied" : "absent", detail: messageOf(error) };
  }
}
