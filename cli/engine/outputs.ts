import { UserError } from "../errors";
import { bootstrap, silentReporter } from "../bootstrap";
import { pulumi } from "./pulumi";
import { type Stack, openStack } from "./stack";

/**
 * The outputs of a deployed stack, secrets in plain text.
 *
 * @param stack - name of the stack
 * @throws UserError when the stack was never deployed
 */
export async function readOutputs(stack: string): Promise<unknown> {
  const toolchain = await bootstrap({ reporter: silentReporter(), only: ["pulumi", "plugins"] });
  return outputsOf(await openStack(stack, toolchain));
}

/** The outputs of a stack that is open already. */
export async function outputsOf(stack: Stack): Promise<unknown> {
  const { exitCode, stdout, stderr } = await pulumi(stack, ["stack", "output", "--json", "--show-secrets"]);
  if (exitCode !== 0) {
    throw new UserError(`The outputs of stack ${stack.name} cannot be read: ${stderr.trim()}`, "npm run up");
  }
  const outputs: unknown = JSON.parse(stdout || "{}");
  if (typeof outputs !== "object" || outputs === null || Object.keys(outputs).length === 0) {
    throw new UserError(
      `Stack ${stack.name} was not deployed yet, so it has no outputs.`,
      `npm run up -- --stack ${stack.name}`,
    );
  }
  return outputs;
}
