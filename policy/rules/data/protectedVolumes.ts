import type { Rule } from "../../rule";
import { TYPES } from "../../resource";

export const protectedVolumes: Rule = {
  name: "protected-volumes",
  area: "data",
  what: "Outside development, volumes are protected, and stay when they are declared no longer.",
  why: "One wrong line in a pull request would delete every run, model and artifact.",
  remedy:
    "Leave `protectData` away. To delete a stack on purpose: docs/policy.md, “Deleting a stack that is protected”.",
  types: [TYPES.volume],
  check: ({ protect, retainOnDelete }, stack) =>
    stack.development
      ? []
      : [
          ...(protect ? [] : ["it is not protected"]),
          ...(retainOnDelete === false ? ["it would go when it is declared no longer (retainOnDelete)"] : []),
        ],
};
