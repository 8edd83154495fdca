import type { Rule } from "../../rule";
import { TYPES } from "../../resource";
import { text, texts } from "../../values";

const isRoot = (id: string): boolean => /^(root|[+-]?0+)$/i.test(id.trim());

/** Groups whose members are root on the host, or nearly. */
const POWERFUL = new Set(["docker", "disk", "sudo", "wheel", "adm", "shadow"]);

export const notRoot: Rule = {
  name: "not-root",
  area: "containers",
  what: "No container runs as root or in root's group. Without `user` the image decides: the Dockerfiles here name one.",
  why: "Root in a container is root on the host the moment that something else is wrong.",
  remedy: "Leave `user` away, or name one that is not root.",
  types: [TYPES.container],
  check: ({ props }) => {
    const [user = "", group = ""] = (text(props["user"]) ?? "").split(":");
    const groups = texts(props["groupAdds"]).filter(
      (name) => isRoot(name) || POWERFUL.has(name.toLowerCase()),
    );
    return [
      ...(isRoot(user) ? ["it runs as root"] : []),
      ...(group !== "" && isRoot(group) ? ["it runs in root's group"] : []),
      ...groups.map((name) => `it is in the group ${name}`),
    ];
  },
};
