import type { Rule } from "../../rule";
import { TYPES } from "../../resource";
import { UNKNOWN, fields, items, texts } from "../../values";

/** Capabilities that may be added: to listen on a port below 1024 harms nobody inside a container. */
const HARMLESS: ReadonlySet<string> = new Set(["NET_BIND_SERVICE"]);

const plain = (capability: string): string => capability.toUpperCase().replace(/^CAP_/, "");

export const droppedCapabilities: Rule = {
  name: "dropped-capabilities",
  area: "containers",
  what: "Every container drops all capabilities; at most NET_BIND_SERVICE is added.",
  why: "Capabilities are root's rights in pieces; some of them are enough to leave the container.",
  remedy: "Keep capabilities at {drops: [ALL]}.",
  types: [TYPES.container],
  check: ({ props }) => {
    const { capabilities } = props;
    const { drops, adds } = fields(capabilities);
    const open = capabilities === UNKNOWN || items(drops).includes(UNKNOWN);
    const all = texts(drops).some((capability) => plain(capability) === "ALL");
    const added = texts(adds)
      .map(plain)
      .filter((capability) => !HARMLESS.has(capability));
    return [
      ...(open || all ? [] : ["it does not drop all capabilities"]),
      ...added.map((capability) => `it adds the capability ${capability}`),
    ];
  },
};
