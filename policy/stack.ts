import type { Settings } from "../config/settings";
import { isLoopback } from "./addresses";

/** What rules may know of the stack. */
export interface StackFacts {
  /** Name of the stack. */
  readonly name: string;
  /**
   * Whether it is for development: the stack `dev`, or one that says `protectData: false` and can be reached from its
   * own machine only. Every other stack is somebody's environment, whatever it is called.
   */
  readonly development: boolean;
  /** Whether its containers exist. */
  readonly running: boolean;
  /** Values of the stack's secrets, as far as they are known. */
  readonly secrets: ReadonlySet<string>;
}

/** Fewest characters of a secret that is looked for in other values: a shorter one would be found by chance. */
const SHORTEST_SECRET = 8;

/**
 * The facts of a stack.
 *
 * @param settings - undefined where they are not known or faulty: then the strict rules hold
 * @param secrets - values that are secret
 */
export function stackFacts(
  name: string,
  settings: Settings | undefined,
  secrets: Iterable<string> = [],
): StackFacts {
  const onlyHere =
    settings !== undefined && !settings.protectData && settings.bindAddresses.every(isLoopback);
  return {
    name,
    development: name === "dev" || onlyHere,
    running: settings?.running ?? true,
    secrets: new Set([...secrets].filter((secret) => secret.length >= SHORTEST_SECRET)),
  };
}
