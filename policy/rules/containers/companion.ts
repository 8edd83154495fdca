import type { Resource } from "../../resource";
import { isTrue, items, text } from "../../values";

/**
 * Whether a container is never started: it carries files in a volume for another one (decision 0002). What concerns
 * running programs does not concern it. Whatever could start it after all makes it a usual container.
 */
export function isCompanion({ props }: Resource): boolean {
  return (
    text(props["start"]) === "false" &&
    text(props["mustRun"]) === "false" &&
    text(props["restart"]) === "no" &&
    text(props["networkMode"]) === "none" &&
    items(props["ports"]).length === 0 &&
    !isTrue(props["publishAllPorts"])
  );
}
