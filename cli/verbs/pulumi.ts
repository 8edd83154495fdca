import type { Command } from "commander";
import { bootstrap } from "../bootstrap";
import type { BootstrapReporter } from "../bootstrap/reporter";
import { prepare } from "../engine/deploy";
import { pulumiInteractive } from "../engine/pulumi";
import { openStack, readSettings } from "../engine/stack";

/** Says what is waited for, on standard error: standard output is the command's own, to be piped. */
const onlyWaits: BootstrapReporter = {
  step: (title, body) =>
    body({
      progress: (text) => process.stderr.write(`${title}: ${text}\n`),
      result: () => undefined,
      unneeded: () => undefined,
    }),
};

/** `pulumi`: any command of the Pulumi CLI, with this project's tools, state and passphrase. */
export function register(program: Command): void {
  program
    .command("pulumi")
    .description("Run a command of the Pulumi CLI with this project's tools, state and passphrase.")
    .argument("<args...>", "the command, such as: stack output urls")
    .allowUnknownOption()
    .helpOption(false)
    .action(async (args: string[]) => {
      const at = args.findIndex((arg) => arg === "--stack" || arg === "-s");
      const name = at >= 0 ? (args[at + 1] ?? "dev") : (process.env["PULUMI_STACK"] ?? "dev");
      const rest = at >= 0 ? [...args.slice(0, at), ...args.slice(at + 2)] : args;
      // Settings that are about to be set need not be right yet.
      const stack =
        rest[0] === "config"
          ? await openStack(name, await bootstrap({ reporter: onlyWaits, only: ["toolchain"] }))
          : await prepare(readSettings(name), { reporter: onlyWaits, recover: false });
      process.exitCode = await pulumiInteractive(stack, rest);
    });
}
