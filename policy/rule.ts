import type { Resource } from "./resource";
import type { StackFacts } from "./stack";

/** What is judged. Rules of one area are in one folder below `policy/rules/`. */
export type Area = "program" | "containers" | "secrets" | "data" | "identity" | "storage" | "database";

/** One rule. It is a pure function of a resource, so that it can be judged with an engine and without one. */
export interface Rule {
  /** Its name, in messages and waivers: lower case, words joined by hyphens. */
  readonly name: string;
  readonly area: Area;
  /** What must be true, in one line. */
  readonly what: string;
  /** What could happen otherwise. */
  readonly why: string;
  /** What to do about a violation. */
  readonly remedy: string;
  /** Types that it looks at. @default every type */
  readonly types?: readonly string[];
  /**
   * Judges one resource. A value that is not known yet is no violation: it is judged when it is known, before the
   * resource is made.
   *
   * @returns what is wrong, one line each, without secrets; empty when all is well
   */
  readonly check: (resource: Resource, stack: StackFacts) => readonly string[];
}

/** Whether a rule looks at resources of a type. */
export function looksAt(rule: Rule, type: string): boolean {
  return rule.types === undefined || rule.types.includes(type);
}
