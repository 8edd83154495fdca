import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setImmediate as turn, setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { conflicts, listenersOn, processOnPort } from "../bootstrap/listeners";
import { isAlive, self } from "../engine/recovery/process";
import { UserError } from "../errors";
import { checkout, stateDir } from "../paths";
import { sshArgs, type SshTarget, sshTarget } from "./target";
import { sshError } from "./words";

/** A port to forward: the same number on this machine's loopback address and on the other one's. */
export interface ForwardedPort {
  readonly port: number;
  /** What it is for, such as `MLflow`. */
  readonly use: string;
}

/** Ports of another machine, brought here. */
export interface Tunnel {
  /** Number of the process whose tunnel it is, where another one has opened it. */
  readonly heldBy: number | undefined;
  /** Settled when the connection is lost, with what to say; never while it is closed on purpose. */
  readonly lost: Promise<UserError>;
  /** Closes it. Otherwise it closes with this process, however that ends. */
  close(): void;
}

/** Milliseconds for the connection and its ports, beyond what ssh itself allows the connection. */
const LIMIT = 40_000;
const POLL = 50;
/** Milliseconds that a service may take to answer anything at the first try; a busy one is no fault of the tunnel. */
const FIRST_ANSWER = 3_000;

/** Program that ends ssh when this process ends. */
const GUARD = join(checkout, "bin", "until-closed.mjs");

/**
 * Forwards ports of another machine's loopback address to this one's. Ports that another process of this clone has
 * forwarded already, such as `npm run tunnel`, are used as they are.
 *
 * @param address - `ssh://…`
 * @param ports - to forward
 * @throws UserError (exit 3) when a port is taken here, or the machine cannot be reached
 */
export async function openTunnel(address: string, ports: readonly ForwardedPort[]): Promise<Tunnel> {
  const others = tunnels().filter((other) => other.address === address && isAlive(other.owner));
  const needed = ports.filter(({ port }) => !others.some((other) => other.ports.includes(port)));
  const heldBy = others.find((other) => ports.some(({ port }) => other.ports.includes(port)))?.owner.pid;
  if (needed.length === 0) return { heldBy, lost: new Promise(() => undefined), close: () => undefined };
  await refuseTaken(address, needed);
  const target = sshTarget(address);
  const ssh = start(target, needed);
  try {
    await ssh.listens();
    await ssh.forwards(needed);
  } catch (error) {
    ssh.close();
    throw error;
  }
  const forget = remember(address, needed);
  const close = (): void => {
    forget();
    ssh.close();
  };
  process.once("exit", close);
  return {
    heldBy,
    lost: ssh.ended.then((said) => {
      forget();
      return sshError(address, said || "the connection has ended");
    }),
    close() {
      process.off("exit", close);
      close();
    },
  };
}

/** @throws UserError with all ports that are taken on this machine */
async function refuseTaken(address: string, ports: readonly ForwardedPort[]): Promise<void> {
  const taken = [];
  for (const { port, use } of ports) {
    if (!(await isListenedOn(port))) continue;
    const holder = await processOnPort(port);
    taken.push(`  ✗ port ${port} (${use}): in use${holder === undefined ? "" : ` by ${holder}`}`);
  }
  if (taken.length === 0) return;
  throw new UserError(
    `The services at ${address} are reached through ports of the same numbers on this machine, and some are taken here:\n${taken.join("\n")}`,
    "End what holds them, or set another mlflow-platform:portBase, and run the same command again.",
    3,
  );
}

async function isListenedOn(port: number): Promise<boolean> {
  return conflicts(await listenersOn(port), "127.0.0.1");
}

interface RunningSsh {
  /** Waits until all ports are listened on here. */
  listens(): Promise<void>;
  /** Makes sure that the other machine lets ports be forwarded. */
  forwards(ports: readonly ForwardedPort[]): Promise<void>;
  /** What ssh has said, when it ends by itself. */
  readonly ended: Promise<string>;
  close(): void;
}

function start(target: SshTarget, ports: readonly ForwardedPort[]): RunningSsh {
  const forwards = ports.flatMap(({ port }) => ["-L", `127.0.0.1:${port}:127.0.0.1:${port}`]);
  // Never through a connection that is shared: the ports would stay open with that one, after this ssh has ended.
  const alone = ["-o", "ControlMaster=no", "-o", "ControlPath=none", "-o", "ControlPersist=no"];
  const args = sshArgs(target, ["-N", "-o", "ExitOnForwardFailure=yes", ...alone, ...forwards]);
  // A process group of its own: at Ctrl-C in the terminal, the engine still needs the ports to end in good order.
  const child = spawn(process.execPath, [GUARD, "ssh", ...args], {
    detached: true,
    stdio: ["pipe", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4000)));
  const end = once(child, "close").then(() => said);
  let closing = false;
  let over = false;
  void end.then(() => (over = true));
  for (const each of [child, child.stdin, child.stderr]) (each as Partial<{ unref(): void }>).unref?.();
  return {
    ended: new Promise((resolve) => void end.then((text) => (closing ? undefined : resolve(text)))),
    async listens() {
      const until = Date.now() + LIMIT;
      for (const { port } of ports) {
        while (!(await isListenedOn(port))) {
          if (over) throw sshError(target.address, said);
          if (Date.now() > until)
            throw sshError(target.address, `${said}\nno answer within ${LIMIT / 1000} s`);
          await pause(POLL);
        }
      }
    },
    async forwards([first]) {
      if (first === undefined) return;
      await firstAnswer(first.port);
      // What ssh says before it closes a connection may be read after that.
      await turn();
      // Services that do not run yet refuse as well; only what is forbidden stays so.
      if (/administratively prohibited/.test(said)) throw sshError(target.address, said);
    },
    close() {
      closing = true;
      child.kill();
    },
  };
}

/** Connects, and waits until the other side answers or hangs up. */
async function firstAnswer(port: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const end = (): void => void socket.destroy();
    socket.setTimeout(FIRST_ANSWER, end);
    socket
      .once("data", end)
      .once("error", end)
      .once("close", () => resolve());
    // Asks Postgres for TLS, which it answers at once; to all others it is nonsense, which they end.
    socket.write(Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]));
    socket.end();
  });
}

const recordSchema = z.object({
  owner: z.object({ pid: z.number(), started: z.string() }),
  address: z.string(),
  ports: z.array(z.number()),
});

type TunnelRecord = z.output<typeof recordSchema>;

function folder(): string {
  return join(stateDir(), "tunnels");
}

/** Tunnels of this clone's processes; notes of dead ones are removed. */
function tunnels(): TunnelRecord[] {
  mkdirSync(folder(), { recursive: true, mode: 0o700 });
  return readdirSync(folder()).flatMap((name) => {
    if (!name.endsWith(".json")) return [];
    const file = join(folder(), name);
    try {
      const record = recordSchema.parse(JSON.parse(readFileSync(file, "utf8")));
      if (isAlive(record.owner)) return [record];
    } catch {
      // Torn, or its process has just ended.
    }
    rmSync(file, { force: true });
    return [];
  });
}

/** Notes for other processes that the ports are forwarded. @returns what takes the note back */
function remember(address: string, ports: readonly ForwardedPort[]): () => void {
  const record: TunnelRecord = { owner: self(), address, ports: ports.map(({ port }) => port) };
  const file = join(folder(), `${process.pid}-${record.ports.join("-")}.json`);
  // At once or not at all: what is torn is removed by whoever reads it.
  writeFileSync(`${file}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return () => rmSync(file, { force: true });
}
