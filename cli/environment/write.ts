import { existsSync, writeFileSync } from "node:fs";
import { messageOf, UserError } from "../errors";
import { stackFile } from "../engine/stack";

/** The error that a stack's file is there already; undefined when it is not. */
export function exists(name: string): UserError | undefined {
  if (!existsSync(stackFile(name))) return undefined;
  return new UserError(
    `Pulumi.${name}.yaml is there already; it was left as it is.`,
    `Edit it, then: npm run preview -- --stack ${name}. Or choose another name.`,
    2,
  );
}

/**
 * Writes the file of a new stack, and never over another one.
 *
 * @throws UserError when there is one, or it cannot be written
 */
export function writeNew(name: string, text: string): void {
  try {
    // Fails when somebody else has made it since it was looked for.
    writeFileSync(stackFile(name), text, { flag: "wx" });
  } catch (error) {
    const there = (error as NodeJS.ErrnoException).code === "EEXIST" ? exists(name) : undefined;
    throw (
      there ??
      new UserError(
        `Pulumi.${name}.yaml cannot be written: ${messageOf(error)}`,
        "Make its folder writable (MLFLOW_PLATFORM_CONFIG_DIR names it, else the checkout), then run the command again.",
      )
    );
  }
}
