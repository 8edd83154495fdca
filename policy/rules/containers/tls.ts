import type { Rule } from "../../rule";
import { TYPES } from "../../resource";
import { isLoopback } from "../../addresses";
import { UNKNOWN, fields, items, texts } from "../../values";
import { isNginx } from "./nginx";

export const tls: Rule = {
  name: "tls",
  area: "containers",
  what: "Outside development, NGINX speaks https wherever others can reach it; plain http is for the loopback address.",
  why: "Passwords, sessions and tokens could be read on the way.",
  remedy: "Set ingress to self-signed or acme (docs/https.md), or take bindAddresses back to 127.0.0.1.",
  types: [TYPES.container],
  check: (resource, stack) => {
    if (stack.development || !isNginx(resource)) return [];
    const { ports, envs } = resource.props;
    const reachable = items(ports).some((port) => {
      const { ip } = fields(port);
      return ip !== UNKNOWN && !(typeof ip === "string" && isLoopback(ip.trim()));
    });
    // The folder of its certificate: the image's start refuses to serve https without one.
    const secure = items(envs).includes(UNKNOWN) || texts(envs).some((entry) => /^TLS_FOLDER=./.test(entry));
    return reachable && !secure ? ["it serves plain http beyond the loopback address"] : [];
  },
};
