import type { HostFacts } from "./host";
import type { PreflightRequest } from "./preflight";
import type { StepTask } from "./reporter";

/** What the steps share and find out on the way. */
export interface BootstrapContext {
  /** What to check before anything is changed. */
  readonly preflight: PreflightRequest;
  /** Docker host, `unix://`, `tcp://` or `ssh://`; undefined for the default socket. */
  readonly dockerHost: string | undefined;
  /** Services whose image is not built here (`images.<service>` is set), so that nothing is prepared for it. */
  readonly foreignImages: ReadonlySet<string>;
  /** Set by the step `host`. */
  host: HostFacts;
  /** Folders to put first on PATH, set by the step `pulumi`. */
  programs: string[];
}

/** One step of bootstrap. */
export interface Step {
  /** As in `only` and on the command line. */
  name: string;
  /** What it does and why, for people. */
  title: string;
  /** Runs only when named in `only`. */
  onRequest?: true;
  /** Does it, or says why there is nothing to do. Must be safe to kill and to repeat. */
  run(context: BootstrapContext, task: StepTask): Promise<void>;
}
