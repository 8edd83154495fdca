/**
 * What a running step can say about itself.
 */
export interface StepTask {
  /**
   * Says what is being built or waited for. The reporter adds the elapsed time and repeats the line, so a step need
   * not repeat itself.
   * @param text - in a few words; a log gets a line at once when it changes
   * @param detail - how far it is, such as `42 of 174 MB`; a log gets it with the next line that is due anyway
   */
  progress: (text: string, detail?: string) => void;
  /** Ends the step's line with what came of it, such as "3.256.0, built in 3 min". The step goes on to its end. */
  result: (text: string) => void;
  /** Says in one line why there is nothing to do. The step's body returns after it. */
  unneeded: (why: string) => void;
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
