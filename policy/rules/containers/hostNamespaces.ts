import type { Rule } from "../../rule";
import { TYPES } from "../../resource";
import { fields, items, text } from "../../values";

const MODES = ["networkMode", "pidMode", "ipcMode", "usernsMode", "cgroupnsMode"];

/** Whether a namespace is the host's, or that of another container. */
const shared = (mode: string): boolean => /^(host|container:.*|shareable)$/i.test(mode);

export const hostNamespaces: Rule = {
  name: "no-host-namespaces",
  area: "containers",
  what: "No container shares network, processes, memory or users with the host or with another container; networks are bridges.",
  why: "In the host's network all its ports are open to it, published or not; among its processes it can read secrets.",
  remedy:
    "Use the stack's own network, a bridge, and leave `pidMode`, `ipcMode`, `usernsMode` and `cgroupnsMode` away.",
  types: [TYPES.container, TYPES.network],
  check: ({ type, props }) => [
    ...(type === TYPES.network && !["", "bridge"].includes(text(props["driver"]) ?? "")
      ? [`its driver ${text(props["driver"]) ?? ""} puts containers into the host's own network`]
      : []),
    ...MODES.flatMap((key) => {
      const mode = text(props[key]) ?? "";
      return shared(mode) ? [`its ${key} is ${mode}`] : [];
    }),
    ...items(props["networksAdvanced"]).flatMap((network) => {
      const name = text(fields(network)["name"]) ?? "";
      return shared(name) ? [`it is in the network ${name}`] : [];
    }),
  ],
};
