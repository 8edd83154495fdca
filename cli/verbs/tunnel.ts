import { once } from "node:events";
import type { Command } from "commander";
import { engineAddress } from "../bootstrap/engine";
import { listrReporter } from "../bootstrap/listrReporter";
import { readSettings } from "../engine/stack";
import { needsTunnel, reachStack } from "../engine/tunnel";
import { UserError } from "../errors";
import { type StackOptions, stackOption } from "./options";

/** `tunnel`: brings the ports of a stack on another machine here, until it is ended. */
export function register(program: Command): void {
  program
    .command("tunnel")
    .description(
      "Bring the loopback ports of a stack whose engine is reached by ssh to this machine, until Ctrl-C.",
    )
    .addOption(stackOption())
    .action(async ({ stack }: StackOptions) => {
      const settings = readSettings(stack);
      if (!needsTunnel(settings)) {
        throw new UserError(
          `The engine of stack ${stack} is ${engineAddress(settings.dockerHost)}, which is not reached by ssh, so there is nothing to bring here.`,
          `npm run status -- --stack ${stack}`,
          2,
        );
      }
      const tunnel = await listrReporter().step("Tunnel to the engine's machine", (task) =>
        reachStack(settings, "everything", task),
      );
      if (tunnel === undefined) return;
      if (tunnel.heldBy !== undefined) {
        tunnel.close();
        throw new UserError(
          `Process ${tunnel.heldBy} has brought ports of stack ${stack} here already; they close when it ends.`,
          `Use them, or wait until it has ended: npm run tunnel -- --stack ${stack}`,
        );
      }
      console.log(`\nOpen until Ctrl-C. Addresses: npm run status -- --stack ${stack}`);
      // Nothing else keeps this process: an open tunnel is not waited for.
      const alive = setInterval(() => undefined, 2 ** 30);
      const asked = ["SIGINT", "SIGTERM", "SIGHUP"].map((signal) => once(process, signal));
      const lost = await Promise.race([...asked.map((each) => each.then(() => undefined)), tunnel.lost]);
      clearInterval(alive);
      tunnel.close();
      if (lost !== undefined) process.exitCode = lost.exitCode;
    });
}
