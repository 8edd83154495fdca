import type { Rule } from "../../rule";
import { TYPES } from "../../resource";
import { UNKNOWN, isTrue, text } from "../../values";
import { isCompanion } from "./companion";

export const restarts: Rule = {
  name: "restarts",
  area: "containers",
  what: "Every container starts again by itself after a fault or a reboot, and is not removed when it stops.",
  why: "After a power cut the platform would stay down until somebody looks.",
  remedy: "Keep `restart: unless-stopped`, without `rm`.",
  types: [TYPES.container],
  check: (resource) => {
    const { restart, rm } = resource.props;
    const again = restart === UNKNOWN || ["unless-stopped", "always"].includes(text(restart) ?? "");
    return [
      ...(again || isCompanion(resource) ? [] : [`its restart policy is ${text(restart) ?? "no"}`]),
      ...(isTrue(rm) ? ["it is removed when it stops"] : []),
    ];
  },
};
