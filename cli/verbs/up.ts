import type { Command } from "commander";
import { httpsNews } from "../certificates/news";
import { deploy } from "../engine/deploy";
import { again } from "../engine/explain";
import { removedInWords } from "../engine/removedTeams";
import { readSettings } from "../engine/stack";
import { listrReporter } from "../bootstrap/listrReporter";
import { welcome } from "../engine/welcome";
import { type StackOptions, stackOption } from "./options";

/** `up`: sets everything up, deploys, and says where things are. */
export function register(program: Command): void {
  program
    .command("up")
    .description("Set everything up and deploy the stack. Running it again changes nothing.")
    .addOption(stackOption())
    .option("--refresh", "look first at what is really there, and repair what was changed by hand", false)
    .action(async ({ stack, refresh }: StackOptions & { readonly refresh: boolean }) => {
      const settings = readSettings(stack);
      const { outputs, words, caFile, removedTeams } = await deploy(settings, {
        reporter: listrReporter(),
        refresh,
      });
      const https = await httpsNews(settings, caFile);
      console.log(welcome(stack, outputs, settings.users, words, https));
      if (removedTeams.length > 0) console.log(`${removedInWords(removedTeams, again(stack))}\n`);
    });
}
