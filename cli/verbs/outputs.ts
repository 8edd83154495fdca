import { type Command, Option } from "commander";
import { bootstrap, silentReporter } from "../bootstrap";
import { keepCaFile } from "../certificates/caFile";
import { outputsOf } from "../engine/outputs";
import { openStack } from "../engine/stack";
import { table } from "../engine/table";
import { UserError } from "../errors";
import { dotenv } from "../outputs/dotenv";
import { outputsEnv } from "../outputs/env";
import { outputLines } from "../outputs/lines";
import { parseOpenOutputs, parseOutputs } from "../outputs/parse";
import { outputsOfTeam } from "../outputs/team";
import { type StackOptions, stackOption } from "./options";

interface OutputsOptions extends StackOptions {
  readonly team?: string;
  readonly account?: string;
  readonly json?: boolean;
  readonly env?: boolean;
  readonly showSecrets?: boolean;
}

/** `outputs`: what a deployed stack tells other programs. */
export function register(program: Command): void {
  program
    .command("outputs")
    .description("Print what a deployed stack tells other programs: addresses, names, service accounts.")
    .addOption(stackOption())
    .option("-t, --team <name>", "only what this team needs")
    .option("-a, --account <name>", "with --team and --env: the service account that the programs are")
    .option("--json", "as JSON")
    .addOption(new Option("--env", "as lines NAME=value for a shell").conflicts("json"))
    .option("--show-secrets", "with passwords and secrets: for --env the account's own only")
    .addHelpText(
      "after",
      '\nInto a shell:  set -a; eval "$(npm run -s outputs -- --team vision --env)"; set +a',
    )
    .action(async (options: OutputsOptions) => {
      checkUsage(options);
      console.log(await printed(options));
    });
}

function checkUsage({ team, account, env, showSecrets }: OutputsOptions): void {
  const faults = [
    ...(account !== undefined && (team === undefined || env !== true)
      ? ["--account takes --team and --env: an account belongs to a team, and --json shows all of a team's."]
      : []),
    ...(env === true && showSecrets === true && account === undefined
      ? ["--env with --show-secrets takes --team and --account: there is room for one secret."]
      : []),
  ];
  if (faults.length > 0) throw new UserError(faults.join("\n  "), "npm run outputs -- --help", 2);
}

async function printed(options: OutputsOptions): Promise<string> {
  const { stack: name, team, account, showSecrets: secrets = false } = options;
  const toolchain = await bootstrap({ reporter: silentReporter(), only: ["toolchain"] });
  const stack = await openStack(name, toolchain, {}, { absent: "refuse" });
  const raw = await outputsOf(stack, { secrets });
  const outputs = secrets ? parseOutputs(raw, name) : parseOpenOutputs(raw, name);
  if (options.env === true) {
    const caFile = keepCaFile(stack.folder, name, outputs);
    return dotenv(outputsEnv(outputs, team, { stack: name, account, caFile }));
  }
  const shown = team === undefined ? outputs : outputsOfTeam(outputs, team, name);
  if (options.json === true) return JSON.stringify(shown, null, 2);
  return table(["Output", "Value"], outputLines({ ...shown }));
}
