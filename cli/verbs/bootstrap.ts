import type { Command } from "commander";
import { bootstrap, listrReporter, STEP_NAMES } from "../bootstrap";
import { elapsed } from "../bootstrap/listrReporter";

/** Adds the verb `bootstrap`: sets up everything that a deployment needs, and deploys nothing. */
export function register(program: Command): void {
  program
    .command("bootstrap")
    .description(
      "Set up everything that a deployment needs (toolchain, engine, images' parts), and deploy nothing.",
    )
    .option("--only <steps>", `comma-separated steps: ${STEP_NAMES.join(", ")}`)
    .action(async ({ only }: { only?: string }) => {
      const started = Date.now();
      await bootstrap({ reporter: listrReporter(), ...(only ? { only: only.split(",") } : {}) });
      console.log(`\nReady in ${elapsed(Date.now() - started)}. Next: npm run up`);
    });
}
