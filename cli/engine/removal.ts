import { rmSync } from "node:fs";
import type { Settings } from "../../config/settings";
import type { BootstrapReporter } from "../bootstrap/reporter";
import { UserError } from "../errors";
import { destroy } from "./operations";
import { changesInWords } from "./progress";
import { pulumi } from "./pulumi";
import { removeOrphans } from "./recovery/removeOrphans";
import { exportState, resourcesOf } from "./recovery/state";
import type { Stack } from "./stack";

/**
 * Takes away the protection that a former `up` has given: the settings have the say, and the engine asks the state. No
 * other `up` is needed for it, which a stack whose data is gone would not come through.
 */
async function unprotect(stack: Stack): Promise<void> {
  if (!resourcesOf(await exportState(stack)).some(({ protect }) => protect === true)) return;
  const { exitCode, stderr } = await pulumi(stack, ["state", "unprotect", "--all", "--yes"]);
  if (exitCode === 0) return;
  throw new UserError(
    `The protection of stack ${stack.name} could not be taken away: ${stderr.trim()}`,
    `npm run down -- --stack ${stack.name} --delete-data`,
  );
}

/**
 * Removes everything of a stack: what the state knows, what lies on the engine under its label, and the state.
 * Its settings have to leave its data unprotected. The images stay, since other stacks use them. Safe to interrupt and
 * to repeat.
 */
export async function removeStack(
  stack: Stack,
  settings: Settings,
  reporter: BootstrapReporter,
): Promise<void> {
  await reporter.step(`Removing stack ${stack.name}`, async (task) => {
    await unprotect(stack);
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
