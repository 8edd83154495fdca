import type { z } from "zod";
import {
  OUTPUTS_VERSION,
  type OpenOutputs,
  type StackOutputs,
  openOutputsSchema,
  stackOutputsSchema,
} from "../../lib/outputs";
import { UserError } from "../errors";

/**
 * Checks that a stack has every output, secrets in clear.
 *
 * @param raw - outputs as the engine gives them
 * @param stack - the stack's name, for the error
 * @throws UserError when they are of another version, or naming each that is missing or malformed, never its value
 */
export function parseOutputs(raw: unknown, stack: string): StackOutputs {
  return parse(stackOutputsSchema, raw, stack);
}

/** The same for the outputs that are no secret; the others are left out. */
export function parseOpenOutputs(raw: unknown, stack: string): OpenOutputs {
  return parse(openOutputsSchema, raw, stack);
}

function parse<T>(schema: z.ZodType<T>, raw: unknown, stack: string): T {
  const result = schema.safeParse(raw);
  const version = versionOf(raw);
  const deploy = `npm run up -- --stack ${stack}`;
  if (version === undefined) {
    throw new UserError(
      `Stack ${stack} was deployed before outputs had versions; this program reads ${OUTPUTS_VERSION}.`,
      deploy,
    );
  }
  if (version.major > majorOf(OUTPUTS_VERSION)) {
    throw new UserError(
      `Stack ${stack} was deployed by a newer version of this program: its outputs are ${version.text}, ` +
        `and this one reads ${OUTPUTS_VERSION}.`,
      "Bring this clone to the commit that the stack was deployed from, then run the same command.",
    );
  }
  if (version.major < majorOf(OUTPUTS_VERSION)) {
    throw new UserError(
      `Stack ${stack} was deployed by an older version of this program: its outputs are ${version.text}, ` +
        `and this one reads ${OUTPUTS_VERSION}.`,
      deploy,
    );
  }
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `  ${issue.path.join(".") || "(all)"}: ${issue.message}`);
  throw new UserError([`The outputs of stack ${stack} are incomplete:`, ...faults].join("\n"), deploy);
}

function versionOf(raw: unknown): { readonly major: number; readonly text: string } | undefined {
  const { data } = openOutputsSchema.pick({ outputsVersion: true }).safeParse(raw);
  return data && { major: majorOf(data.outputsVersion), text: data.outputsVersion };
}

function majorOf(version: string): number {
  return Number(version.split(".")[0]);
}
