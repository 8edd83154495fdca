import type { Resource } from "./resource";
import { type Rule, looksAt } from "./rule";
import { RULES } from "./rules";
import type { StackFacts } from "./stack";
import { hasUnknown } from "./values";
import type { Waiver } from "./waivers";

/** Something that a rule does not allow. */
export interface Violation {
  readonly rule: Rule;
  /** Logical name of the resource. */
  readonly resource: string;
  readonly urn: string;
  /** What is wrong, one line, without secrets. */
  readonly detail: string;
  /** The exception that covers it; undefined when it stands. */
  readonly waiver: Waiver | undefined;
}

/** What a whole stack was found to be. */
export interface Verdict {
  /** What stands: `up` and `preview` refuse. */
  readonly violations: readonly Violation[];
  /** What an exception covers. */
  readonly waived: readonly Violation[];
  /** Faults of the waivers of this stack: ended, or without a use. `up` and `preview` refuse. */
  readonly waiverFaults: readonly string[];
}

/** What was waived until when, and why, in words. */
export function waivedInWords({ reason, until }: Waiver): string {
  return `waived until ${until}: ${reason}`;
}

/**
 * Judges the resources of one stack, one after the other, and knows in the end which waivers were of use.
 */
export class Judge {
  private readonly own: readonly Waiver[];
  private readonly used = new Set<Waiver>();
  /** Resources of which something was not known yet, so that a waiver for them may be of use later. */
  private readonly undecided = new Set<string>();

  /**
   * @param waivers - of all stacks
   * @param today - day such as `2027-05-31`; a waiver holds to the end of its last day
   */
  public constructor(
    private readonly stack: StackFacts,
    waivers: readonly Waiver[],
    private readonly today: string,
  ) {
    this.own = waivers.filter((waiver) => waiver.stack === stack.name);
  }

  /** Every violation of a resource, waived ones too. */
  public check(resource: Resource, rules: readonly Rule[] = RULES): readonly Violation[] {
    if (hasUnknown(resource.props)) this.undecided.add(resource.name);
    return rules
      .filter((rule) => looksAt(rule, resource.type))
      .flatMap((rule) =>
        rule.check(resource, this.stack).map((detail) => this.violation(rule, resource, detail)),
      );
  }

  /** A violation that was found elsewhere than in the inputs, with its waiver if it has one. */
  public violation(rule: Rule, { name, urn }: Pick<Resource, "name" | "urn">, detail: string): Violation {
    const waiver = this.own.find(
      (it) => it.rule === rule.name && it.resource === name && it.until >= this.today,
    );
    if (waiver !== undefined) this.used.add(waiver);
    return { rule, resource: name, urn, detail, waiver };
  }

  /** What is wrong with the waivers of this stack, after all resources were judged. */
  public waiverFaults(): readonly string[] {
    return this.own.flatMap((waiver) => {
      const { rule, resource, until } = waiver;
      const which = `the waiver of ${rule} for ${resource} in stack ${this.stack.name}`;
      if (until < this.today)
        return [`${which} has ended on ${until}: remove it, and what it covered; or have it reviewed again`];
      // While a stack is down, its containers are not declared.
      const maybe = this.used.has(waiver) || this.undecided.has(resource) || !this.stack.running;
      return maybe ? [] : [`${which} is of no use: nothing violates the rule there; remove it`];
    });
  }
}

/** Judges a recorded program at once, without an engine. */
export function judge(
  resources: readonly Resource[],
  stack: StackFacts,
  waivers: readonly Waiver[],
  today: string,
): Verdict {
  const judge = new Judge(stack, waivers, today);
  const found = resources.flatMap((resource) => judge.check(resource));
  return {
    violations: found.filter(({ waiver }) => waiver === undefined),
    waived: found.filter(({ waiver }) => waiver !== undefined),
    waiverFaults: judge.waiverFaults(),
  };
}

/** Where exceptions stand, as people are told. */
export const WAIVERS_FILE = "policy/waivers.yaml";

/** A violation in words, below its rule's name: what, why, and what to do. */
export function inWords({ rule, resource, detail, waiver }: Violation, stack: string): string {
  return waiver === undefined
    ? [
        detail,
        `Why: ${rule.why}`,
        `Do: ${rule.remedy}`,
        `An exception needs a review: ${WAIVERS_FILE} with rule: ${rule.name}, stack: ${stack}, resource: ${resource}, a reason and an end (docs/policy.md).`,
      ].join("\n")
    : `${detail} (${waivedInWords(waiver)})`;
}
