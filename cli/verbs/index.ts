import type { Command } from "commander";

/** A verb: it declares itself to the program. */
interface Verb {
  readonly register: (program: Command) => void;
}

/** Every verb by its name, in the order of the help. What is loaded late is named as Node names it, with a suffix. */
const VERBS: ReadonlyMap<string, () => Promise<Verb>> = new Map([
  ["up", (): Promise<Verb> => import("./up.js")],
  ["preview", (): Promise<Verb> => import("./preview.js")],
  ["drift", (): Promise<Verb> => import("./drift.js")],
  ["down", (): Promise<Verb> => import("./down.js")],
  ["status", (): Promise<Verb> => import("./status.js")],
  ["tunnel", (): Promise<Verb> => import("./tunnel.js")],
  ["smoke", (): Promise<Verb> => import("./smoke.js")],
  ["env", (): Promise<Verb> => import("./env.js")],
  ["outputs", (): Promise<Verb> => import("./outputs.js")],
  ["audit", (): Promise<Verb> => import("./audit.js")],
  ["bench", (): Promise<Verb> => import("./bench.js")],
  ["bootstrap", (): Promise<Verb> => import("./bootstrap.js")],
  ["new-environment", (): Promise<Verb> => import("./newEnvironment.js")],
  ["pr-check", (): Promise<Verb> => import("./prCheck.js")],
  ["pulumi", (): Promise<Verb> => import("./pulumi.js")],
  ["state", (): Promise<Verb> => import("./state.js")],
  ["test", (): Promise<Verb> => import("./test.js")],
]);

/**
 * Declares the verbs to the program: the one that is asked for, since loading them all takes seconds of a processor; or
 * all, where it is none of them or the help.
 *
 * @param asked - the first word of the command line
 */
export async function registerVerbs(program: Command, asked: string | undefined): Promise<void> {
  const one = VERBS.get(asked ?? "");
  const loaded = await Promise.all((one === undefined ? [...VERBS.values()] : [one]).map((load) => load()));
  for (const verb of loaded) verb.register(program);
}
