import type { SmokeContext } from "./context";

/** One thing that the smoke test proves. */
export interface Check {
  /** Short name that other checks and scripts refer to. */
  readonly id: string;
  /** What is true when it passes, as a person would say it. */
  readonly title: string;
  /** Ids of the checks without which this one means nothing. */
  readonly needs: readonly string[];
  /**
   * Proves it.
   *
   * @returns what was seen, for the line's end
   * @throws an Error saying what was expected and what came instead, or {@link NotApplicable}
   */
  run(context: SmokeContext): Promise<string | undefined>;
}

/** How a check ended. `not-applicable`: this stack declares nothing that it could be tried on. */
export type Outcome = "passed" | "failed" | "not-run" | "not-applicable";

/** One line of the report. */
export interface CheckResult {
  readonly id: string;
  readonly title: string;
  readonly outcome: Outcome;
  /** Time it took, in seconds. */
  readonly seconds: number;
  /** What was seen, why it failed, or why it was not run. */
  readonly detail: string | undefined;
}

/** Thrown by a check that this stack gives no occasion for, such as "the other team" where there is one team. */
export class NotApplicable extends Error {
  public constructor(reason: string) {
    super(reason);
    this.name = "NotApplicable";
  }
}
