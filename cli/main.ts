import { Command, CommanderError } from "commander";
import { SettingsError } from "../config/faults";
import { INTERRUPTED, UserError, isInterruption, messageOf } from "./errors";
import { endWithLauncher } from "./launcher";
import { registerVerbs } from "./verbs";

/** The operator's command line. */
async function main(): Promise<number> {
  endWithLauncher();
  const program = new Command("mlflow-platform")
    .description("A private MLflow with single sign-on, per-team isolation and object storage.")
    .exitOverride()
    .showHelpAfterError("(-- --help shows what there is)");
  await registerVerbs(program, process.argv[2]);
  // Commander hands options of the parent to sub-commands only when told.
  for (const command of program.commands) command.exitOverride().showHelpAfterError();
  try {
    await program.parseAsync();
    return typeof process.exitCode === "number" ? process.exitCode : 0;
  } catch (error) {
    return report(error);
  }
}

/** Prints an error as people should see it, and gives the exit code. */
function report(error: unknown): number {
  if (isInterruption(error)) {
    console.error("\nInterrupted at the question: nothing was done.");
    return INTERRUPTED;
  }
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof SettingsError) {
    console.error(`\n✗ ${error.message}`);
    return 2;
  }
  if (error instanceof UserError) {
    console.error(`\n✗ ${error.message}\n  Next: ${error.next}`);
    return error.exitCode;
  }
  console.error(
    `\n✗ ${messageOf(error)}\n  This is a fault of the program itself; please report it with the lines above.`,
  );
  if (error instanceof Error && process.env["DEBUG"]) console.error(error.stack);
  return 1;
}

void main().then((code) => {
  process.exitCode = code;
});
