import type { Command } from "commander";
import { bootstrap } from "../bootstrap";
import { waitsReporter } from "../bootstrap/waitsReporter";
import { prepare } from "../engine/deploy";
import { isElsewhere, pulumiElsewhere } from "../engine/otherProgram";
import { readWaivers } from "../engine/policy";
import { JUDGED, pulumiInteractive } from "../engine/pulumi";
import { commandOf, takeStack } from "../engine/pulumiArgs";
import { refuseBySettings } from "../engine/refusal";
import { openStack, readSettings } from "../engine/stack";
import { UserError } from "../errors";

/** `pulumi`: any command of the Pulumi CLI, with this project's tools, state and passphrase. */
export function register(program: Command): void {
  program
    .command("pulumi")
    .description("Run a command of the Pulumi CLI with this project's tools, state and passphrase.")
    .argument("<args...>", "the command, such as: stack output urls")
    .allowUnknownOption()
    .helpOption(false)
    .action(async (args: string[]) => {
      const { stack: named, rest } = takeStack(args);
      const name = named ?? process.env["PULUMI_STACK"] ?? "dev";
      if (isElsewhere(rest)) {
        const beside = await openStack(
          name,
          await bootstrap({ reporter: waitsReporter, only: ["toolchain"] }),
        );
        process.exitCode = await pulumiElsewhere(beside, rest);
        return;
      }
      const command = commandOf(rest);
      if (JUDGED.has(command)) {
        refuseOwnConfig(rest);
        readWaivers(`npm run pulumi -- ${command} --stack ${name}`);
      }
      // Settings that are about to be set need not be right yet.
      const stack =
        command === "config"
          ? await openStack(name, await bootstrap({ reporter: waitsReporter, only: ["toolchain"] }))
          : await prepare(readSettings(name), { reporter: waitsReporter, recover: false });
      // In a preview the engine asks, and nothing can be changed.
      if (JUDGED.has(command) && command !== "preview") await refuseBySettings(name);
      process.exitCode = await pulumiInteractive(stack, rest);
    });
}

/** A configuration of policy packs could switch rules off, without a review. */
function refuseOwnConfig(args: readonly string[]): void {
  if (!args.some((arg) => /^--policy-pack-config(=|$)/.test(arg))) return;
  throw new UserError(
    "--policy-pack-config is not taken here: it could switch off the policy of this project. Nothing was changed.",
    "Leave the flag away; exceptions are in policy/waivers.yaml (docs/policy.md).",
    2,
  );
}
