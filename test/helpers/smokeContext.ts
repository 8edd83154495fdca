import { findChromium } from "../../cli/bootstrap/chromium";
import type { StackOutputs } from "../../cli/smoke";
import type { Cleanup } from "../../cli/smoke/cleanup";
import { Shelf, type SmokeContext } from "../../cli/smoke/context";
import { Reach } from "../../cli/smoke/reach";

/**
 * What the smoke test's tools need, for tests that make people and open browsers with them.
 *
 * @param cleanup - to be run at the end: it removes the people and closes the browser
 * @param id - in every name that is made. @default the time, so that two runs do not meet
 */
export function smokeContext(
  outputs: StackOutputs,
  cleanup: Cleanup,
  id = Date.now().toString(36),
): SmokeContext {
  return {
    outputs,
    cleanup,
    id,
    reach: new Reach(Object.values(outputs.urls)),
    signal: new AbortController().signal,
    chromium: findChromium() ?? "chromium",
    pictures: undefined,
    facts: new Shelf(),
  };
}
