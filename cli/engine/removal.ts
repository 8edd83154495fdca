import { rmSync } from "node:fs";
import type { Settings } from "../../config/settings";
import type { BootstrapReporter } from "../bootstrap/reporter";
import { UserError } from "../errors";
import { destroy } from "./operations";
import { changesInWords } from "./progress";
import { pulumi } from "./pulumi";
import { removeOrphans } from "./recovery/removeOrphans";
import type { Stack } from "./stack";

/**
 * Removes everything of a stack: what the state knows, what lies on the engine under its label, and the state.
 * The images stay, since other stacks use them. Safe to interrupt and to repeat.
 */
export async function removeStack(
  stack: Stack,
  settings: Settings,
  reporter: BootstrapReporter,
): Promise<void> {
  await reporter.step(`Removing stack ${stack.name}`, async (task) => {
    const summary = await destroy(stack, { say: (line) => task.progress(line) });
    task.result(changesInWords(summary));
  });
  await reporter.step("Removing what the state did not know", async (task) => {
    const removed = await removeOrphans(stack, settings, { volumes: true });
    if (removed.length === 0) task.unneeded("nothing");
    else task.result(removed.join(", "));
  });
  await reporter.step("Removing the state", async () => {
    const { exitCode, stderr } = await pulumi(stack, ["stack", "rm", "--yes", "--preserve-config"]);
    if (exitCode !== 0) {
      throw new UserError(
        `The state of stack ${stack.name} could not be removed: ${stderr.trim()}`,
        `npm run down -- --stack ${stack.name} --delete-data`,
      );
    }
    rmSync(stack.folder, { recursive: true, force: true });
  });
}
