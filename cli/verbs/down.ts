import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import type { BootstrapReporter } from "../bootstrap/reporter";
import { listrReporter } from "../bootstrap/listrReporter";
import { prepare } from "../engine/deploy";
import { removeStack } from "../engine/removal";
import { up } from "../engine/operations";
import { changesInWords } from "../engine/progress";
import { readSettings } from "../engine/stack";
import { UserError } from "../errors";
import { type StackOptions, stackOption } from "./options";

interface DownOptions extends StackOptions {
  readonly deleteData: boolean;
  readonly yes: boolean;
}

/** `down`: removes the containers and keeps the data, or removes everything. */
export function register(program: Command): void {
  program
    .command("down")
    .description("Remove the containers and keep all data; the next `up` goes on where this one stopped.")
    .addOption(stackOption())
    .option(
      "--delete-data",
      "remove the data as well: runs, artifacts, users, tokens, and the stack's state",
      false,
    )
    .option("-y, --yes", "do not ask for the stack's name", false)
    .action(async ({ stack, deleteData, yes }: DownOptions) => {
      const reporter = listrReporter();
      if (deleteData) {
        if (!yes) await confirm(stack);
        await removeEverything(stack, reporter);
      } else {
        await stop(stack, reporter);
      }
    });
}

/** Containers go; volumes, the realm and everything in the services stay. */
async function stop(name: string, reporter: BootstrapReporter): Promise<void> {
  const stack = await prepare(readSettings(name), {
    reporter,
    overrides: { running: false },
    recover: "stop",
  });
  await reporter.step(`Removing the containers of stack ${name}`, async (task) => {
    // A stack can be stopped whatever it is; the policy judges it when it is to come back.
    const summary = await up(stack, { say: (line) => task.progress(line) }, { judged: false });
    task.result(changesInWords(summary));
  });
  console.log(`\n✓ Stack ${name} is down; its data is kept. Bring it back: npm run up -- --stack ${name}`);
}

async function removeEverything(name: string, reporter: BootstrapReporter): Promise<void> {
  const settings = readSettings(name);
  if (settings.protectData) {
    throw new UserError(
      `The data of stack ${name} is protected, so nothing was removed.`,
      `If it really is to go: set mlflow-platform:protectData to false in Pulumi.${name}.yaml, then this command again.`,
      2,
    );
  }
  const stack = await prepare(settings, { reporter, recover: "remove" });
  await removeStack(stack, settings, reporter);
  console.log(`\n✓ Stack ${name} is gone: no container, network, volume or state of it is left.`);
}

async function confirm(stack: string): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new UserError(
      "Deleting data needs a confirmation, and there is no terminal to ask on. Nothing was removed.",
      `npm run down -- --stack ${stack} --delete-data --yes`,
      2,
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(
    `This deletes every run, artifact, user and token of stack ${stack} for good.\nType the stack's name to go on: `,
  );
  terminal.close();
  if (answer.trim() !== stack) {
    throw new UserError(
      "That is not the stack's name. Nothing was removed.",
      "Run the command again if you meant it.",
      2,
    );
  }
}
