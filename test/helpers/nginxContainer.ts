import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, type Server, createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import execa from "execa";
import { HTTPS_LISTEN, SITES, SITE_LISTEN, type Site } from "../../lib/endpoints";
import { serviceImage } from "./serviceImage";

const engine = new Docker();
/** Where the configuration lies: in a volume, as in the stack. */
const CONFIG_FOLDER = "/run/platform/config";
/** Ports of the container. */
const PORTS = [...SITES.map((site) => SITE_LISTEN[site]), HTTPS_LISTEN];

/** What a service behind NGINX was asked. */
export interface Seen {
  readonly method: string;
  /** Path and query, byte by byte. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** NGINX from the real image, in front of services that this process plays. */
export interface NginxUnderTest {
  /** A request by path as it is; `undefined` when the connection was closed without an answer. */
  readonly ask: (
    site: Site,
    path: string,
    options?: { readonly method?: string; readonly host?: string; readonly headers?: Record<string, string> },
  ) => Promise<
    | { readonly status: number; readonly headers: IncomingMessage["headers"]; readonly body: string }
    | undefined
  >;
  /** Sends text as it is and gives the answer as it is. */
  readonly raw: (site: Site, text: string) => Promise<string>;
  /** Runs a command in the container, as the service's user or as another one. */
  readonly run: (
    command: readonly string[],
    user?: string,
  ) => Promise<{ readonly exitCode: number; readonly output: string }>;
  /** Port of this machine that leads to a port of the container. */
  readonly port: (internal: number) => number;
  /** What it has written so far. */
  readonly log: () => Promise<string>;
  /** Stops and starts it. What lay in memory is gone, volumes are kept. */
  readonly restart: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What differs from the `http` ingress. */
export interface NginxOptions {
  readonly env?: readonly string[];
  /** Named volumes by mount point; removed with the container. */
  readonly volumes?: readonly string[];
}

/** An answer of a played service; 200, no headers and no body where nothing else is said. */
export interface Played {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** How a played service answers. */
export type Play = (seen: Seen) => Played;

/**
 * Starts the image of this checkout with a configuration, hardened as in the stack. Builds it where it is missing.
 *
 * @param config - the whole nginx.conf
 * @param play - answers for all services
 * @throws Error when the container does not come up, with its log
 */
export async function startNginx(
  config: string,
  play: Play,
  { env = [], volumes = [] }: NginxOptions = {},
): Promise<NginxUnderTest> {
  const reference = await serviceImage("nginx");
  const network = await engine.createNetwork({ Name: `nginx-test-${process.pid}`, Driver: "bridge" });
  const { IPAM } = (await network.inspect()) as { IPAM: { Config: { Gateway: string }[] } };
  const gateway = IPAM.Config[0]?.Gateway ?? "";
  const service = await serve(play, gateway);
  const { port } = service.address() as AddressInfo;
  const container = await engine.createContainer({
    Image: reference,
    Env: [
      `UPSTREAMS=${["mlflow", "keycloak", "minio", "console"].map((name) => `${name}=${gateway}:${port}`).join(" ")}`,
      ...env,
    ],
    Volumes: Object.fromEntries([CONFIG_FOLDER, ...volumes].map((path) => [path, {}])),
    ExposedPorts: Object.fromEntries(PORTS.map((port) => [`${port}/tcp`, {}])),
    HostConfig: {
      NetworkMode: network.id,
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      Tmpfs: {
        "/tmp": "rw,noexec,nosuid,size=64m",
        "/var/lib/nginx": "rw,mode=1777",
        "/var/log/nginx": "rw,mode=1777",
      },
      PortBindings: Object.fromEntries(
        PORTS.map((port) => [`${port}/tcp`, [{ HostIp: "127.0.0.1", HostPort: "0" }]]),
      ),
    },
  });
  const close = async (): Promise<void> => {
    await container.remove({ force: true, v: true });
    await network.remove();
    service.close();
    service.closeAllConnections();
  };
  try {
    await container.putArchive(await archiveOf("nginx.conf", config), { path: CONFIG_FOLDER });
    await container.start();
    let ports = await publishedPorts(container);
    await untilHealthy(container);
    const port = (internal: number): number => ports.get(internal) ?? 0;
    return {
      ask: (site, path, options = {}) => ask(port(SITE_LISTEN[site]), path, options),
      raw: (site, text) => raw(port(SITE_LISTEN[site]), text),
      run: (command, user) => run(container, command, user),
      port,
      log: () => logOf(container),
      restart: async () => {
        await container.restart();
        ports = await publishedPorts(container);
        await untilHealthy(container);
      },
      close,
    };
  } catch (error) {
    const log = await logOf(container);
    await close();
    throw new Error(`NGINX did not come up: ${log}`, { cause: error });
  }
}

/** A tar archive with one file. */
async function archiveOf(name: string, content: string): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), "archive-"));
  try {
    writeFileSync(join(folder, name), content);
    const { stdout } = await execa("tar", ["-C", folder, "-c", name], { encoding: null });
    return stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function serve(play: Play, address: string): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    const { method = "", url = "", headers } = incoming;
    const { status = 200, headers: own = {}, body = "" } = play({ method, url, headers });
    incoming.resume().on("end", () => outgoing.writeHead(status, own).end(body));
  });
  return new Promise((resolve, reject) => {
    server.on("error", reject).listen(0, address, () => resolve(server));
  });
}

async function publishedPorts(container: Docker.Container): Promise<ReadonlyMap<number, number>> {
  const { NetworkSettings: settings } = await container.inspect();
  return new Map(PORTS.map((port) => [port, Number(settings.Ports[`${port}/tcp`]?.[0]?.HostPort)]));
}

async function logOf(container: Docker.Container): Promise<string> {
  return (await container.logs({ stdout: true, stderr: true })).toString("utf8");
}

async function untilHealthy(container: Docker.Container): Promise<void> {
  for (let attempt = 0; attempt < 60; attempt += 1) {
    const { State: state } = await container.inspect();
    if (!state.Running)
      throw new Error(`it has ended with code ${state.ExitCode}: ${await logOf(container)}`);
    const { exitCode } = await run(container, ["http-ok", "8090", "/healthz"]);
    if (exitCode === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error("its health page did not answer");
}

async function run(
  container: Docker.Container,
  command: readonly string[],
  user?: string,
): Promise<{ exitCode: number; output: string }> {
  const exec = await container.exec({
    Cmd: [...command],
    AttachStdout: true,
    AttachStderr: true,
    ...(user === undefined ? {} : { User: user }),
  });
  const stream = await exec.start({});
  let output = "";
  for await (const chunk of stream) output += String(chunk);
  return { exitCode: (await exec.inspect()).ExitCode ?? -1, output };
}

function ask(
  port: number,
  path: string,
  options: Parameters<NginxUnderTest["ask"]>[2] = {},
): ReturnType<NginxUnderTest["ask"]> {
  const { method = "GET", host = "localhost", headers = {} } = options;
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: "127.0.0.1", port, path, method, headers: { Host: host, ...headers } },
      (answer) => {
        let body = "";
        answer.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
      },
    );
    sent.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNRESET") resolve(undefined);
      else reject(error);
    });
    sent.end();
  });
}

function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => (answer += chunk));
    socket.on("end", () => resolve(answer)).on("error", reject);
  });
}
