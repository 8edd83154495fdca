import { messageOf } from "../errors";

interface Step {
  readonly what: string;
  readonly undo: () => Promise<string | undefined>;
}

/**
 * What must be undone at the end. A check registers the undoing before it makes the thing,
 * so that an interruption in between leaves nothing behind; undoing what was never made is no error.
 */
export class Cleanup {
  private readonly steps: Step[] = [];

  /**
   * @param what - what is removed, as a person would say it
   * @param undo - removes it; returns what was removed, or undefined where there was nothing
   */
  public add(what: string, undo: Step["undo"]): void {
    this.steps.push({ what, undo });
  }

  /**
   * Undoes everything, the last first. One failure does not keep the others from being tried.
   *
   * @returns what was removed
   * @throws Error naming everything that could not be removed
   */
  public async run(): Promise<string[]> {
    const removed: string[] = [];
    const failures: string[] = [];
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) {
      try {
        const result = await step.undo();
        if (result !== undefined) {
          removed.push(result);
        }
      } catch (error) {
        failures.push(`${step.what}: ${messageOf(error)}`);
      }
    }
    if (failures.length > 0) {
      throw new Error(
        [`this stays behind; the next \`npm run smoke\` tries again after an hour`, ...failures].join("\n"),
      );
    }
    return removed;
  }
}
