import type { Command } from "commander";
import { listrReporter } from "../bootstrap/listrReporter";
import { prepare } from "../engine/deploy";
import { preview } from "../engine/operations";
import { again } from "../engine/explain";
import { readWaivers, waivedInWords } from "../engine/policy";
import { changedCount, changesInWords } from "../engine/progress";
import { pulumiInteractive } from "../engine/pulumi";
import { removedInWords } from "../engine/removedTeams";
import { readSettings } from "../engine/stack";
import { type StackOptions, stackOption } from "./options";

interface PreviewOptions extends StackOptions {
  readonly refresh: boolean;
  readonly diff: boolean;
}

/** `preview`: what `up` would change, changing nothing. */
export function register(program: Command): void {
  program
    .command("preview")
    .description("Show what `up` would change. Changes nothing.")
    .addOption(stackOption())
    .option("--refresh", "compare with what is really there, not only with the state", false)
    .option("--diff", "show every property, in the engine's own words", false)
    .action(async ({ stack: name, refresh, diff }: PreviewOptions) => {
      const reporter = listrReporter();
      const settings = readSettings(name);
      readWaivers(`npm run preview -- --stack ${name}`);
      const stack = await prepare(settings, { reporter, recover: false });
      if (diff) {
        process.exitCode = await pulumiInteractive(stack, [
          "preview",
          "--diff",
          ...(refresh ? ["--refresh"] : []),
        ]);
        return;
      }
      const summary = await reporter.step(`Comparing stack ${name} with its settings`, async (task) => {
        const found = await preview(stack, { say: (line) => task.progress(line) }, refresh);
        task.result(changesInWords(found, true));
        return found;
      });
      for (const line of summary.changed) console.log(`  ${line}`);
      const { removedTeams } = summary;
      if (removedTeams.length > 0) console.log(`\n${removedInWords(removedTeams, again(name), true)}`);
      if (summary.findings.length > 0) console.log(`\n${waivedInWords(summary.findings)}`);
      const count = changedCount(summary);
      console.log(
        count === 0
          ? `\nNo changes: stack ${name} is as its settings say (${changesInWords(summary, true)}).`
          : `\n${count} changes (${changesInWords(summary, true)}). Carry them out: npm run up -- --stack ${name}`,
      );
    });
}
