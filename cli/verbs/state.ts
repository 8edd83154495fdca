import { createInterface } from "node:readline/promises";
import { type Command, Option } from "commander";
import { waitsReporter } from "../bootstrap/waitsReporter";
import { shown, useBackend } from "../engine/backend";
import { pulumi } from "../engine/pulumi";
import { type Stack, readSettings } from "../engine/stack";
import { table } from "../engine/table";
import { reachProviders } from "../engine/tunnel";
import { UserError } from "../errors";
import { exportText, writeExport } from "../state/export";
import { importInto } from "../state/import";
import { destination, moveState } from "../state/move";
import { NEW_PASSPHRASE, newPassphrase, takeNewPassphrase } from "../state/newPassphrase";
import { openState } from "../state/open";
import { type Changed, changePassphrase } from "../state/passphrase";
import { statusLines, statusOf } from "../state/status";
import { unlock } from "../state/unlock";
import { type StackOptions, stackOption } from "./options";

const PROJECT = "mlflow-platform";

/** `state`: looks after the state of a stack and the passphrase of its secrets. */
export function register(program: Command): void {
  const state = program
    .command("state")
    .description("Look after a stack's state: see, export, import, move, unlock it, change its passphrase.");
  const sub = (name: string, description: string): Command =>
    state.command(name).description(description).addOption(stackOption());

  sub("status", "Show where the state is, how it is, and which copies are kept. Exit 1 unless all is well.")
    .addOption(new Option("--json", "one JSON document").default(false))
    .action(showStatus);
  sub("export", "Write the state, secrets encrypted, to standard output or into a new file.")
    .option("-f, --file <file>", "a file that is not there yet")
    .action(exportState);
  sub("import", "Put a state in the place of the present one, of which a copy is kept.")
    .requiredOption("-f, --file <file>", "what `state export` wrote, or a copy that `state status` names")
    .option("--force", "also one that is older than the present one", false)
    .action(importState);
  sub("passphrase", "Change the passphrase, and encrypt state and settings anew.")
    .option("--generate", "make a random one, kept in the state folder", false)
    .addHelpText(
      "after",
      `\nWithout --generate it is taken from ${NEW_PASSPHRASE}, a question, or standard input.`,
    )
    .action(passphrase);
  sub("move", "Move the state to another backend.")
    .requiredOption(
      "--to <url>",
      "such as s3://bucket?region=eu-central-1, file:///srv/pulumi, https://api.pulumi.com",
    )
    .action(move);
  sub("unlock", "Take back the lock of a dead run, and put in order what it left unfinished.")
    .option("-y, --yes", "do not ask, where only another machine can tell whether the run is dead", false)
    .action(takeBack);
}

async function showStatus({ stack, json }: StackOptions & { readonly json: boolean }): Promise<void> {
  const status = await statusOf(await openState(stack, waitsReporter));
  console.log(
    json ? JSON.stringify(status, undefined, 2) : table([`Stack ${stack}`, ""], statusLines(status)),
  );
  process.exitCode = status.well ? 0 : 1;
}

async function exportState({ stack, file }: StackOptions & { readonly file?: string }): Promise<void> {
  const { text, words } = await exportText(await openState(stack, waitsReporter));
  if (file === undefined) {
    process.stdout.write(text);
    return;
  }
  writeExport(file, text);
  console.log(`✓ The state of stack ${stack} is in ${file} (${words}).`);
}

async function importState(
  options: StackOptions & { readonly file: string; readonly force: boolean },
): Promise<void> {
  const { stack, file, force } = options;
  const done = await importInto(await openState(stack, waitsReporter, { absent: "make" }), file, force);
  if (done.clear)
    console.log(`! ${file} holds secrets in clear. In the state they are encrypted; remove the file.`);
  for (const operation of done.dropped) console.log(`! no longer noted as unfinished: ${operation}`);
  for (const copy of done.kept) console.log(`Kept: ${copy}`);
  console.log(
    `✓ Stack ${stack} has the state of ${file} (${done.resources} resources).\n` +
      `  Next: npm run preview -- --stack ${stack} --refresh shows how it differs from what is there.`,
  );
}

async function passphrase({
  stack: name,
  generate,
}: StackOptions & { readonly generate: boolean }): Promise<void> {
  // Ahead of all that starts a program, which would inherit it.
  const given = takeNewPassphrase();
  const stack = await openState(name, waitsReporter, { by: "passphrase" });
  const done = await changePassphrase(stack, () => newPassphrase(generate, given));
  for (const line of passphraseNews(name, done)) console.log(line);
  const { own, foreign } = await othersIn(stack);
  if (own.length > 0) {
    console.log(
      `! Other stacks are as before, and still need the old passphrase: ${own.join(", ")}. The same for one of them: npm run state -- passphrase --stack ${own[0]}`,
    );
  }
  if (foreign.length > 0) {
    console.log(
      `! Programs of your own in this backend are as before, too: ${foreign.join(", ")}. One that reads this stack's secrets needs the same passphrase as it (docs/state.md#passphrase).`,
    );
  }
}

/** What there is to know after a change of the passphrase. */
export function passphraseNews(
  stack: string,
  { resumed, file, oldFile, displaced, backup }: Changed,
): string[] {
  const variable =
    process.env["PULUMI_CONFIG_PASSPHRASE"] !== undefined
      ? "PULUMI_CONFIG_PASSPHRASE"
      : process.env["PULUMI_CONFIG_PASSPHRASE_FILE"]
        ? "PULUMI_CONFIG_PASSPHRASE_FILE"
        : undefined;
  return [
    `✓ Stack ${stack} has ${resumed ? "the new passphrase of the run that was interrupted" : "a new passphrase"}: state and settings are encrypted anew, and open.`,
    ...(file === undefined ? [] : [`  It is in ${file}. Back that file up with the state.`]),
    ...(oldFile === undefined
      ? []
      : [`  The old one stays in ${oldFile}: it opens older copies of the state.`]),
    ...(displaced === undefined
      ? []
      : [
          `! The stack's file held another passphrase, which is in ${displaced} now. Another backend may have a stack ${stack} that it opens.`,
        ]),
    ...(backup === undefined ? [] : [`  A copy of the state under the old one: ${backup}`]),
    ...(variable === undefined
      ? []
      : [
          file === undefined
            ? `! From now on ${variable} has to give the new one, in every shell and job that uses this stack.`
            : `! ${variable} still gives the old one and comes first: unset it.`,
        ]),
    `  If Pulumi.${stack}.yaml has changed, commit it.`,
  ];
}

/** Other stacks of the backend: those that deploy with the same program by their name, others with their project. */
async function othersIn(stack: Stack): Promise<{ readonly own: string[]; readonly foreign: string[] }> {
  const { exitCode, stdout } = await pulumi(stack, ["stack", "ls", "--all", "--json"]);
  const all = exitCode === 0 ? (JSON.parse(stdout) as { name: string }[]) : [];
  // `organization/project/stack`, or the stack alone where it is of this project.
  const parts = all.map(({ name }) => name.split("/"));
  const ofThis = parts
    .filter((name) => (name.at(-2) ?? PROJECT) === PROJECT)
    .map((name) => name.at(-1) ?? "");
  return {
    own: ofThis.filter((name) => name !== stack.name && !name.includes("-moved-")),
    foreign: parts
      .filter((name) => (name.at(-2) ?? PROJECT) !== PROJECT)
      .map((name) => name.slice(-2).join("/")),
  };
}

async function move({ stack: name, to }: StackOptions & { readonly to: string }): Promise<void> {
  const target = destination(to);
  const done = await moveState(
    await openState(name, waitsReporter, { absent: "accept", by: "move" }),
    target,
  );
  console.log(
    [
      `✓ The state of stack ${name} is at ${shown(done.to)} (${done.resources} resources, read back and opened).`,
      ...(done.oldName === undefined
        ? []
        : [`  The old one stays at ${shown(done.from)} under the name ${done.oldName}.`]),
      `  From now on, in every shell and job that uses this stack:`,
      `    ${useBackend(done.to)}`,
      `  Passphrase and settings are as before. Next, with that variable: npm run preview -- --stack ${name}`,
    ].join("\n"),
  );
}

async function takeBack({ stack: name, yes }: StackOptions & { readonly yes: boolean }): Promise<void> {
  const settings = readSettings(name);
  // What was being removed in a service is looked at there.
  await reachProviders(settings, waitsReporter);
  const stack = await openState(name, waitsReporter);
  const found = await unlock(stack, settings, {
    say: (line) => console.log(`  ${line}`),
    confirm: (what) => (yes ? Promise.resolve() : confirm(name, what)),
  });
  console.log(
    found
      ? `✓ Stack ${name} is free and in order. Next: npm run up -- --stack ${name}`
      : `✓ Stack ${name} was neither locked nor left unfinished.`,
  );
}

async function confirm(stack: string, what: string): Promise<void> {
  const refused = (why: string): UserError =>
    new UserError(
      `${what} ${why} Nothing was done.`,
      `If it surely is dead: npm run state -- unlock --stack ${stack} --yes`,
      2,
    );
  if (!process.stdin.isTTY) throw refused("There is no terminal to ask on.");
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${what}\nIf it surely is dead, type the stack's name: `);
  terminal.close();
  if (answer.trim() !== stack) throw refused("That is not the stack's name.");
}
