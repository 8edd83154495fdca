import type { Command } from "commander";
import { bootstrap, listrReporter, silentReporter } from "../bootstrap";
import { compareStack } from "../drift/compare";
import { driftInWords } from "../drift/words";
import { again } from "../engine/explain";
import { openStack, readSettings } from "../engine/stack";
import { reachProviders } from "../engine/tunnel";
import { type StackOptions, stackOption } from "./options";

/** `drift`: what was changed by hand since the last `up`. */
export function register(program: Command): void {
  program
    .command("drift")
    .description(
      "Show what was changed by hand since the last `up`. Changes nothing. Exit 1 when there is something, or when a service does not answer.",
    )
    .addOption(stackOption())
    .option("--json", "one JSON document instead of lines", false)
    .action(async ({ stack: name, json }: StackOptions & { readonly json: boolean }) => {
      const settings = readSettings(name);
      const reporter = json ? silentReporter() : listrReporter();
      await reachProviders(settings, reporter);
      const toolchain = await bootstrap({
        ...{ reporter, only: ["toolchain"] },
        ...(settings.dockerHost === undefined ? {} : { dockerHost: settings.dockerHost }),
      });
      const stack = await openStack(name, toolchain, {}, { absent: "refuse" });
      const drift = await reporter.step(
        `Comparing stack ${name} with what its last \`up\` made`,
        async (task) => {
          const found = await compareStack(stack, settings, (line) => task.progress(line));
          task.result(`${found.compared} resources`);
          return found;
        },
      );
      const same = drift.findings.length + drift.notCompared.length === 0;
      console.log(
        json
          ? JSON.stringify({ drift: !same, ...drift }, undefined, 2)
          : `\n${driftInWords(drift, again(name))}`,
      );
      process.exitCode = same ? 0 : 1;
    });
}
