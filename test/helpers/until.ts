/**
 * Waits for a condition, looking twice a second.
 *
 * @throws Error when it has not come true in time
 */
export async function until(condition: () => Promise<boolean>, milliseconds: number): Promise<void> {
  const end = Date.now() + milliseconds;
  for (;;) {
    if (await condition()) return;
    if (Date.now() > end) throw new Error(`not true after ${milliseconds / 1000} s: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
