import { UserError } from "../errors";
import { bootstrap, silentReporter } from "../bootstrap";
import { explain } from "./explain";
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
  return outputsOf(await openStack(stack, toolchain, {}, { absent: "refuse" }));
}

/**
 * The outputs of a stack that is open already.
 *
 * @param secrets - whether those that are secret come in plain text; else the engine's own mark stands for them. @default true
 * @throws UserError when the stack was never deployed
 */
export async function outputsOf(stack: Stack, { secrets = true } = {}): Promise<unknown> {
  const shown = secrets ? ["--show-secrets"] : [];
  const { exitCode, stdout, stderr } = await pulumi(stack, ["stack", "output", "--json", ...shown]);
  if (exitCode !== 0) {
    const { cause, next } = explain([stderr.trim()], stack.name);
    throw new UserError(`The outputs of stack ${stack.name} cannot be read: ${cause}`, next);
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
