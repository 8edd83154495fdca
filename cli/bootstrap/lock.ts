import { setTimeout as pause } from "node:timers/promises";
import { lock } from "proper-lockfile";
import { UserError } from "../errors";

/** A lock whose owner has not renewed it for this long belongs to a dead process and is taken over. */
const STALE_MS = 10_000;
/** The owner renews this often; far below the above, since a busy machine may delay it. */
const RENEW_MS = 2_000;
/** How often a waiting process tries again. */
const RETRY_MS = 500;

/**
 * Runs something while no other process on any clone runs it.
 * @param path - what is locked; the lock is the folder `<path>.lock` beside it
 * @param body - the work; it gets a check to call right before its effect becomes visible, which throws when the
 *   lock was lost (the machine slept for longer than the lock lasts)
 * @param waiting - called again and again while another process holds the lock, with how long that has been, in ms
 */
export async function withLock<T>(
  path: string,
  body: (assertHeld: () => void) => Promise<T>,
  waiting: (ms: number) => void = () => {},
): Promise<T> {
  let lost: Error | undefined;
  const release = await acquire(path, waiting, (error) => {
    lost = error;
  });
  try {
    return await body(() => {
      if (lost)
        throw new UserError(
          `The lock on ${path} was lost while working: ${lost.message}`,
          "Run the same command again.",
        );
    });
  } finally {
    // A lost lock is another's by now, and not ours to release.
    if (!lost) await release().catch(() => {});
  }
}

async function acquire(
  path: string,
  waiting: (ms: number) => void,
  onCompromised: (error: Error) => void,
): Promise<() => Promise<void>> {
  const started = Date.now();
  for (;;) {
    try {
      return await lock(path, { realpath: false, stale: STALE_MS, update: RENEW_MS, onCompromised });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ELOCKED") throw error;
      waiting(Date.now() - started);
      await pause(RETRY_MS);
    }
  }
}
