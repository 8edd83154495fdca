import { type Command, Option } from "commander";
import { httpsNews } from "../certificates/news";
import { deploy } from "../engine/deploy";
import { again } from "../engine/explain";
import { waivedInWords } from "../engine/policy";
import { removedInWords } from "../engine/removedTeams";
import { readSettings } from "../engine/stack";
import { listrReporter } from "../bootstrap/listrReporter";
import { welcome } from "../engine/welcome";
import { closedMachine } from "../engine/tunnel";
import { type StackOptions, stackOption } from "./options";

interface UpOptions extends StackOptions {
  readonly refresh: boolean;
  readonly acceptLoss: boolean;
}

/** `up`: sets everything up, deploys, and says where things are. */
export function register(program: Command): void {
  program
    .command("up")
    .description("Set everything up and deploy the stack. Running it again changes nothing.")
    .addOption(stackOption())
    .option("--refresh", "look first at what is really there, and repair what was changed by hand", false)
    .addOption(
      new Option(
        "--accept-loss",
        "--refresh, and make anew, empty, what held data and is gone; without it, `up --refresh` refuses",
      )
        .default(false)
        .implies({ refresh: true }),
    )
    .action(async ({ stack, refresh, acceptLoss }: UpOptions) => {
      const settings = readSettings(stack);
      const { outputs, words, caFile, removedTeams, waived } = await deploy(settings, {
        reporter: listrReporter(),
        refresh,
        acceptLoss,
      });
      const https = await httpsNews(settings, caFile);
      console.log(welcome(stack, outputs, settings.users, words, https, closedMachine(settings)));
      if (removedTeams.length > 0) console.log(`${removedInWords(removedTeams, again(stack))}\n`);
      if (waived.length > 0) console.log(`${waivedInWords(waived)}\n`);
    });
}
