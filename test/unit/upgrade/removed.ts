/** A resource of the last release that is gone on purpose. */
export interface RemovedResource {
  /** End of its URN: type and name, such as `docker:index/container:Container::mlflow-files`. */
  readonly resource: string;
  /** Why it may go, and what becomes of what it did. */
  readonly why: string;
}

/** What an upgrade may remove. Emptied when a release is recorded. */
export const REMOVED: readonly RemovedResource[] = [];
