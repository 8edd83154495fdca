import { messageOf } from "../../cli/errors";

/** What became of visits. */
export interface Visits {
  /** How many rounds went well. */
  readonly rounds: number;
  /** What the first failure said; none when there was none. */
  readonly failure: string | undefined;
}

/**
 * Makes visits one after another, round after round without a pause, until it is told to stop or one of them fails.
 *
 * @param visits - each throws when it does not get what it should
 * @returns stops after the round that is under way
 */
export function keepVisiting(visits: readonly (() => Promise<void>)[]): () => Promise<Visits> {
  const state = { stopped: false };
  const work = (async (): Promise<Visits> => {
    for (let rounds = 0; ; rounds += 1) {
      if (state.stopped) return { rounds, failure: undefined };
      for (const visit of visits) {
        try {
          await visit();
        } catch (error) {
          return { rounds, failure: `round ${rounds + 1}: ${messageOf(error)}` };
        }
      }
    }
  })();
  return () => {
    state.stopped = true;
    return work;
  };
}
