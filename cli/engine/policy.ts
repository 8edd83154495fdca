import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { WAIVERS_FILE } from "../../policy/judge";
import { type Waiver, WaiverError, dayOf, parseWaivers } from "../../policy/waivers";
import { UserError } from "../errors";
import { checkout } from "../paths";

/** Flags that have the engine ask the policy pack of this checkout. A pack that is named beside it is asked as well. */
export const POLICY_FLAGS: readonly string[] = ["--policy-pack", join(checkout, "policy")];

/**
 * The exceptions that the checkout holds.
 *
 * @param next - the command to run once they are right
 * @throws UserError with every fault of the file's form
 */
export function readWaivers(next: string): readonly Waiver[] {
  try {
    return parseWaivers(readFileSync(join(checkout, WAIVERS_FILE), "utf8"), dayOf(new Date()));
  } catch (error) {
    if (!(error instanceof WaiverError)) throw error;
    throw new UserError(
      `${error.message}\nNothing was changed.`,
      `Correct the file (its form is in docs/policy.md), then: ${next}`,
      2,
    );
  }
}

/** What the policy said of one resource. */
export interface Finding {
  /** Name of the rule. */
  readonly rule: string;
  /** Logical name of the resource, or of the stack for what concerns no single one. */
  readonly resource: string;
  /** What, why, and what to do. */
  readonly lines: readonly string[];
  /** Whether the engine refuses; otherwise it is waived. */
  readonly refused: boolean;
}

/** What the policy says in an event; undefined for other events. */
export function findingOf({ policyEvent }: EngineEvent): Finding | undefined {
  if (policyEvent === undefined) return undefined;
  const { policyName, resourceUrn = "", message, enforcementLevel } = policyEvent;
  return {
    rule: policyName,
    resource: resourceUrn.split("::").at(-1) ?? "",
    // Marks for colours, which only the engine's own display replaces.
    lines: message
      .replace(/<\{%[^%]*%\}>/g, "")
      .trim()
      .split("\n"),
    refused: enforcementLevel === "mandatory",
  };
}

/** Findings as people read them: grouped by what was found, so that one fault of many resources is said once. */
export function findingsInWords(findings: readonly Finding[]): string {
  const groups = new Map<string, { readonly first: Finding; readonly resources: string[] }>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.rule, finding.lines[0]]);
    const group = groups.get(key) ?? { first: finding, resources: [] };
    if (!group.resources.includes(finding.resource)) group.resources.push(finding.resource);
    groups.set(key, group);
  }
  return [...groups.values()]
    .map(({ first, resources }) =>
      [`${first.rule}: ${shortList(resources)}`, ...first.lines.map((line) => `  ${line}`)].join("\n"),
    )
    .join("\n");
}

/** What is allowed for a while, as a warning. */
export function waivedInWords(findings: readonly Finding[]): string {
  return `! The policy would refuse this, were it not for exceptions (${WAIVERS_FILE}):\n${findingsInWords(findings)}`;
}

/** Most names that are listed. */
const MOST_NAMES = 5;

function shortList(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return more > 0 ? `${names.slice(0, MOST_NAMES).join(", ")} and ${more} more` : names.join(", ");
}
