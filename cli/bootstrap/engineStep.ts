import { spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import execa from "execa";
import { UserError } from "../errors";
import { aptInstall } from "./apt";
import { SERVICES } from "../../images/catalogue";
import type { BootstrapContext, Step } from "./context";
import { DEFAULT_HOST, engineAddress, engineState, type EngineState } from "./engine";
import type { HostFacts } from "./host";
import { elapsed } from "./listrReporter";
import { logFile, tail } from "./run";

/** A first start creates its networks and storage; it took 3 s at the worst. */
const START_MS = 60_000;
const POLL_MS = 250;

/** What to do about the engine. */
export type EngineAction =
  | { do: "use" }
  /** Install the distribution's package, then start it. */
  | { do: "install" }
  /** The programs are there, the engine does not run: start it as a service or by hand. */
  | { do: "start"; how: "systemd" | "process" }
  | { do: "stop"; error: UserError };

/**
 * Decides what to do about the engine.
 * @param state - what was found at the address
 * @param address - where it was looked for
 * @param host - the machine
 * @param installed - whether `dockerd` is on PATH
 */
export function engineAction(
  state: EngineState,
  address: string,
  host: Pick<HostFacts, "debian" | "root" | "systemd">,
  installed: boolean,
): EngineAction {
  if (state.kind === "ready") return { do: "use" };
  const stop = (message: string, next: string): EngineAction => ({
    do: "stop",
    error: new UserError(message, next, 3),
  });
  if (state.kind === "denied")
    return stop(
      `The Docker engine at ${address} refuses this user (${state.detail}), so no container can be started`,
      "Join its group with `sudo usermod -aG docker $USER`, log in anew, and run the same command again.",
    );
  if (state.error !== undefined) return { do: "stop", error: state.error };
  if (address !== DEFAULT_HOST)
    return stop(
      `No Docker engine answers at ${address} (${state.detail}), so no container can be started`,
      "Start it, or correct the setting mlflow-platform:dockerHost or the variable DOCKER_HOST, and run the same command again.",
    );
  if (installed && host.root) return { do: "start", how: host.systemd ? "systemd" : "process" };
  if (installed)
    return stop(
      "Docker is installed but its engine does not run, and starting it takes root",
      "Start it with `sudo systemctl enable --now docker` and run the same command again.",
    );
  if (host.debian && host.root) return { do: "install" };
  return stop(
    `No Docker engine is installed (${state.detail}), and ${host.debian ? "installing it takes root" : "this is neither Debian nor Ubuntu"}`,
    host.debian
      ? "Install it with `sudo apt-get install docker.io iptables`, join its group with `sudo usermod -aG docker $USER`, log in anew, and run the same command again."
      : "Install it as https://docs.docker.com/engine/install/ says for this system, and run the same command again.",
  );
}

/**
 * Programs and the base image are made for this machine's processor, so an engine on another kind of machine cannot
 * run images that are built here.
 * @param arch - processor of the engine's machine
 */
export function foreignProcessor(
  arch: string,
  { host, foreignImages }: Pick<BootstrapContext, "foreignImages"> & { host: Pick<HostFacts, "nodeArch"> },
): UserError | undefined {
  if (arch === host.nodeArch || SERVICES.every((service) => foreignImages.has(service))) return undefined;
  return new UserError(
    `The Docker engine's machine is ${arch} and this one is ${host.nodeArch}, so what is built here would not run there`,
    "Run the same command on a machine of that kind, or give every service an image of your own (mlflow-platform:images).",
    3,
  );
}

/** Finds the Docker engine, or installs and starts it. */
export const engineStep: Step = {
  name: "engine",
  title: "Docker engine",
  async run(context, task) {
    const started = Date.now();
    const address = engineAddress(context.dockerHost);
    const state = await engineState(address);
    if (state.kind === "ready") {
      const unfit = foreignProcessor(state.arch, context);
      if (unfit !== undefined) throw unfit;
      task.unneeded(`${state.version} at ${address}`);
      return;
    }
    const installed = !(await execa("dockerd", ["--version"], { reject: false })).failed;
    const action = engineAction(state, address, context.host, installed);
    if (action.do === "stop") throw action.error;
    if (action.do === "install") {
      task.progress("installing docker.io and iptables");
      await aptInstall(["docker.io", "iptables"], "the Docker engine");
    }
    // The package starts the service by itself where systemd runs.
    const bySystemd = action.do === "start" ? action.how === "systemd" : context.host.systemd;
    task.progress("starting the engine");
    if (bySystemd) await execa("systemctl", ["start", "docker"], { reject: false });
    const ready = await waitForEngine(address, bySystemd ? undefined : await startEngine(address));
    const verb = action.do === "install" ? "installed and started" : "started";
    task.result(`${ready.version}, ${verb} in ${elapsed(Date.now() - started)}`);
  },
};

/**
 * Starts an engine that outlives this process, with its output in a log.
 * @param address - socket to listen on
 * @param options - more options of dockerd
 * @returns the process id
 */
export async function startEngine(address: string, options: readonly string[] = []): Promise<number> {
  const log = await open(await logFile("dockerd"), "a", 0o600);
  try {
    // A session of its own (as setsid gives it): Ctrl-C at the CLI must not end the engine.
    const child = spawn("dockerd", ["--host", address, ...options], {
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    child.unref();
    return child.pid ?? 0;
  } finally {
    await log.close();
  }
}

/**
 * Waits until the engine answers.
 * @param pid - its process, if it was started here: when that ends there is nothing to wait for
 * @throws UserError (exit 3) with the engine's last words when it ends or does not answer within a minute
 */
export async function waitForEngine(
  address: string,
  pid?: number,
): Promise<Extract<EngineState, { kind: "ready" }>> {
  const until = Date.now() + START_MS;
  for (;;) {
    const state = await engineState(address);
    if (state.kind === "ready") return state;
    const ended = pid !== undefined && !isAlive(pid);
    if (ended || Date.now() > until) {
      const log = await logFile("dockerd");
      throw new UserError(
        `The Docker engine ${ended ? "ended at once" : `did not answer at ${address} within ${START_MS / 1000} s (${state.detail})`}. Its last lines (all of it in ${log}, or in \`journalctl -u docker\`):\n${await tail(log)}`,
        "Mend what the log names and run the same command again.",
        3,
      );
    }
    await pause(POLL_MS);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
