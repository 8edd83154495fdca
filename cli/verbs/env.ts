import type { Command } from "commander";
import { bootstrap, silentReporter } from "../bootstrap";
import { keepCaFile } from "../certificates/caFile";
import { outputsOf } from "../engine/outputs";
import { openStack } from "../engine/stack";
import { dotenv } from "../outputs/dotenv";
import { teamEnv } from "../outputs/env";
import { parseOutputs } from "../outputs/parse";
import { type StackOptions, stackOption } from "./options";

interface EnvOptions extends StackOptions {
  readonly team: string;
  readonly account?: string;
  readonly json?: boolean;
}

/** `env`: the environment in which a team's programs use MLflow. */
export function register(program: Command): void {
  program
    .command("env")
    .description("Print the environment for a team's programs, as the text of a .env file.")
    .addOption(stackOption())
    .requiredOption("-t, --team <name>", "team whose workspace they use")
    .option(
      "-a, --account <name>",
      "service account that they are; prints its secret. Without: people sign in",
    )
    .option("--json", "as JSON")
    .addHelpText("after", "\nInto a file:  npm run -s env -- --team vision > .env")
    .action(async ({ stack: name, team, account, json }: EnvOptions) => {
      const toolchain = await bootstrap({ reporter: silentReporter(), only: ["pulumi", "plugins"] });
      const stack = await openStack(name, toolchain, {}, { absent: "refuse" });
      const outputs = parseOutputs(await outputsOf(stack), name);
      const caFile = keepCaFile(stack.folder, name, outputs);
      const env = teamEnv(outputs, team, { stack: name, account, caFile });
      console.log(json === true ? JSON.stringify(env, null, 2) : dotenv(env));
    });
}
