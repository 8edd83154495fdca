import type { Rule } from "../../rule";
import { TYPES } from "../../resource";
import { UNKNOWN, isTrue } from "../../values";
import { isCompanion } from "./companion";

export const readOnlyRoot: Rule = {
  name: "read-only-root",
  area: "containers",
  what: "The root file system of every container is read-only.",
  why: "Who gets into a service could change its programs, and stay.",
  remedy: "Keep `readOnly: true`, and name what must be written in `tmpfs`, `scratch` or `volumes`.",
  types: [TYPES.container],
  check: (resource) => {
    const { readOnly } = resource.props;
    return isCompanion(resource) || readOnly === UNKNOWN || isTrue(readOnly)
      ? []
      : ["its root can be written"];
  },
};
