import type { ResourceChange } from "../changes/change";
import type { Confirmation } from "./confirmations";

/** A suite that was run. All text in a report is free of secrets already. */
export interface SuiteReport {
  readonly name: string;
  readonly what: string;
  readonly passed: number;
  readonly failures: readonly string[];
  /** Milliseconds. */
  readonly duration: number;
}

/** A rule of the policy pack that a resource breaks. */
export interface Violation {
  readonly rule: string;
  /** URN of the resource, or its name. Empty when it is about all of them. */
  readonly resource: string;
  readonly message: string;
  /** `false` is a warning only. */
  readonly mandatory: boolean;
}

/** How an environment was looked at. */
export type Look =
  /** Compared with its state by the engine. */
  | { readonly kind: "preview" }
  /** The program was run without its state, and judged. */
  | { readonly kind: "judged"; readonly why: string }
  /** It should have been compared, and could not be: that fails the check. */
  | { readonly kind: "failed"; readonly why: string };

/** What would become of an environment. */
export interface EnvironmentReport {
  readonly stack: string;
  readonly look: Look;
  readonly changes: readonly ResourceChange[];
  /** Resources that stay as they are. */
  readonly unchanged: number;
  readonly violations: readonly Violation[];
}

/** Everything that a check has found. */
export interface Report {
  /** Commit that was looked at, short; undefined outside of a repository. */
  readonly commit?: string;
  /** What it was compared with, such as `main`; undefined when there is nothing to compare with. */
  readonly base?: string;
  readonly suites: readonly SuiteReport[];
  readonly environments: readonly EnvironmentReport[];
  /** Confirmations that count. */
  readonly confirmations: readonly Confirmation[];
  /** Faults of the check's own settings, such as a confirmation that is over. Each fails it. */
  readonly faults: readonly string[];
  /** What people should know, and what fails nothing. */
  readonly notes: readonly string[];
}
