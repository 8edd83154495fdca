import type { Rule } from "../../rule";
import { TYPES } from "../../resource";
import { UNKNOWN, fields, items, text } from "../../values";
import { isCompanion } from "./companion";

/** Commands that succeed whatever happens. */
const EMPTY: ReadonlySet<string> = new Set(["", ":", "true", "/bin/true", "/usr/bin/true", "exit 0"]);

export const healthChecks: Rule = {
  name: "health-checks",
  area: "containers",
  what: "Every container has a health check.",
  why: "Without one, `up` does not wait for the service, and `status` shows a broken one as well.",
  remedy: "Give the workload `health` with a command that fails when the service does not serve.",
  types: [TYPES.container],
  check: (resource) => {
    if (isCompanion(resource)) return [];
    const { healthcheck } = resource.props;
    if (healthcheck === UNKNOWN || fields(healthcheck)["tests"] === UNKNOWN) return [];
    // The engine reads ["NONE"] as: no check, not even the image's own.
    const [how, ...command] = items(fields(healthcheck)["tests"]);
    if (how === undefined) return ["it has no health check"];
    const words =
      text(how)?.toUpperCase() === "CMD" || text(how)?.toUpperCase() === "CMD-SHELL" ? command : [];
    const empty = words.every((word) => EMPTY.has(text(word) ?? "?"));
    return empty ? ["its health check says well whatever happens"] : [];
  },
};
