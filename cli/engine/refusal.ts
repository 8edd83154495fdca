import { UserError } from "../errors";
import { judged } from "./judged";
import { type Finding, findingsInWords } from "./policy";

/** What a refusal before the engine has begun has left behind. */
export const UNTOUCHED = "Nothing was changed.";
/** What one during an update has. */
export const KEPT = "It showed only when values were known. What was done before is kept; data is untouched.";

/**
 * The policy's refusal.
 *
 * @param stack - its name
 * @param findings - what the policy said; what is waived is left out
 * @param done - {@link UNTOUCHED} or {@link KEPT}
 * @param errors - beside it; they may be what hides more of it
 */
export function refusal(
  stack: string,
  findings: readonly Finding[],
  done: string,
  errors: readonly string[] = [],
): UserError {
  const refused = findingsInWords(findings.filter((finding) => finding.refused));
  return new UserError(
    [`The policy refuses what stack ${stack} would become. ${done}`, refused, ...errors].join("\n"),
    `Correct the program or the settings, or have an exception reviewed (docs/policy.md). Then: npm run preview -- --stack ${stack}`,
  );
}

/**
 * Refuses what the policy has against a stack's settings, before anything is changed.
 *
 * @param stack - its name
 * @throws UserError with everything that is refused
 */
export async function refuseBySettings(stack: string): Promise<void> {
  const findings = await judged(stack);
  if (findings.some(({ refused }) => refused)) throw refusal(stack, findings, UNTOUCHED);
}
