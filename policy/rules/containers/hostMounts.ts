import type { Rule } from "../../rule";
import { TYPES } from "../../resource";
import { isSet, text } from "../../values";
import { hostPaths } from "./mounts";

export const hostMounts: Rule = {
  name: "no-host-mounts",
  area: "containers",
  what: "No container mounts a path of the host, and no named volume stands for one.",
  why: "What is read or written there is the host's. It also ties the stack to one machine (docs/decisions/0002).",
  remedy:
    "Hand files in with `config` and `secrets` of the workload; keep data in a volume of components/dataVolume.ts.",
  types: [TYPES.container, TYPES.volume],
  check: (resource) => {
    const { driver } = resource.props;
    const foreign =
      resource.type === TYPES.volume && isSet(driver) && !["local"].includes(text(driver) ?? "local");
    return [
      ...hostPaths(resource).map(({ path, said }) => `${said} is the host's ${path}`),
      ...(foreign ? [`its driver is ${text(driver) ?? "?"}: only local volumes are the engine's own`] : []),
    ];
  },
};
