import type { BootstrapContext } from "./context";
import type { StepTask } from "./reporter";

/** One file of the cache that an image build copies. */
export interface CachedArtifact {
  /** Name of the folder in the cache, with the key of all that decides the file. */
  folder: string;
  /** Makes the file. */
  make(file: string, context: BootstrapContext, task: StepTask): Promise<void>;
}
