import type { StackOutputs } from "../../lib/outputs";

export type { StackOutputs } from "../../lib/outputs";
export { parseOutputs } from "../outputs/parse";

/** Whether a stack is reached by https. */
export function isSecure({ certificates }: StackOutputs): boolean {
  return certificates.mode !== "http";
}
