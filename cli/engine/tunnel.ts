import { isLoopback } from "../../config/domains";
import type { Settings } from "../../config/settings";
import { endpointsOf } from "../../lib/endpoints";
import type { StepTask } from "../bootstrap";
import type { BootstrapReporter } from "../bootstrap/reporter";
import { engineAddress, engineState } from "../bootstrap/engine";
import { isThisMachine } from "../ssh/machine";
import { isSsh, sshTarget } from "../ssh/target";
import { type ForwardedPort, type Tunnel, openTunnel } from "../ssh/tunnel";

/** Who needs ports of the engine's machine here: Pulumi for configuring the services, or people and tests as well. */
export type Reached = "providers" | "everything";

/**
 * Ports on the loopback address of the engine's machine.
 *
 * @param reached - for `everything`, those that people use too, where they are published for that machine alone
 */
export function loopbackPorts(settings: Settings, reached: Reached): ForwardedPort[] {
  const { providerPorts, published, bindAddresses } = endpointsOf(settings);
  const providers = Object.entries(providerPorts).map(([service, port]) => ({
    port,
    use: `configuring ${service}`,
  }));
  if (reached === "providers" || !isClosed(bindAddresses)) return providers;
  return [...published.map(({ external: port, use }) => ({ port, use })), ...providers];
}

/** Whether only the engine's machine itself reaches what is published. */
function isClosed(bindAddresses: readonly string[]): boolean {
  return bindAddresses.length > 0 && bindAddresses.every(isLoopback);
}

/** The machine whose loopback address people need a tunnel to; undefined where the stack is open, or runs here. */
export function closedMachine(settings: Settings): string | undefined {
  const { bindAddresses } = endpointsOf(settings);
  return needsTunnel(settings) && isClosed(bindAddresses)
    ? sshTarget(engineAddress(settings.dockerHost)).host
    : undefined;
}

/** Whether a stack's engine is reached by ssh, so that its ports have to be brought here. */
export function needsTunnel(settings: Settings): boolean {
  return isSsh(engineAddress(settings.dockerHost));
}

/**
 * Brings the ports of a stack here, where its engine is reached by ssh. They stay for as long as this process runs.
 *
 * @param task - says what came of it
 * @returns undefined where the ports are this machine's own already
 * @throws UserError when a port is taken here, or the machine cannot be reached
 */
export async function reachStack(
  settings: Settings,
  reached: Reached,
  task?: Pick<StepTask, "result" | "unneeded">,
): Promise<Tunnel | undefined> {
  if (!needsTunnel(settings)) return undefined;
  const address = engineAddress(settings.dockerHost);
  const state = await engineState(address);
  if (state.kind !== "ready") throw "error" in state && state.error ? state.error : new Error(state.detail);
  if (await isThisMachine(address, state.root)) {
    task?.unneeded(`${address} leads to this machine, whose ports they are`);
    return undefined;
  }
  const ports = loopbackPorts(settings, reached);
  const tunnel = await openTunnel(address, ports);
  void tunnel.lost.then((error) => process.stderr.write(`\n✗ ${error.message}\n`));
  const numbers = ports.map(({ port }) => port).join(", ");
  const by = tunnel.heldBy === undefined ? "" : `, held open by process ${tunnel.heldBy}`;
  task?.result(`ports ${numbers} of ${sshTarget(address).host} are on 127.0.0.1${by}`);
  return tunnel;
}

/**
 * A step that brings the ports here by which Pulumi configures the services; none where they are here already. Comes
 * first in a run, since it may be refused; the ports stay until this process ends.
 *
 * @throws UserError as `reachStack`
 */
export async function reachProviders(settings: Settings, reporter: BootstrapReporter): Promise<void> {
  if (!needsTunnel(settings)) return;
  await reporter.step("Tunnel to the engine's machine", (task) => reachStack(settings, "providers", task));
}
