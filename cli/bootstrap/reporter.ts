/**
 * What a running step can say about itself.
 */
export interface StepTask {
  /**
   * Says what is being built or waited for, in a few words. The reporter adds the elapsed time and repeats the
   * line, so a step need not repeat itself.
   */
  progress(text: string): void;
  /** Ends the step's line with what came of it, such as "3.256.0, built in 3 min". The step goes on to its end. */
  result(text: string): void;
  /** Says in one line why there is nothing to do. The step's body returns after it. */
  skip(why: string): void;
}

/**
 * Shows steps as they run, one after the other. `up` uses the same one for bootstrap and for the deployment.
 */
export interface BootstrapReporter {
  /**
   * Runs one step and shows it.
   * @param title - what the step does, and why where that is not plain
   * @param body - the work; its value is returned, its error is thrown on
   */
  step<T>(title: string, body: (task: StepTask) => Promise<T>): Promise<T>;
}
