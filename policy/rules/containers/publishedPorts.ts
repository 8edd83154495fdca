import type { Rule } from "../../rule";
import { TYPES } from "../../resource";
import { isLoopback } from "../../addresses";
import { UNKNOWN, fields, isTrue, items, text } from "../../values";
import { isNginx } from "./nginx";

/** How a network hands ports on: only these two leave closed what is not published. */
const CLOSED: ReadonlySet<string> = new Set(["nat", "isolated"]);

export const publishedPorts: Rule = {
  name: "published-ports",
  area: "containers",
  what: "Only NGINX publishes ports; the ports for Pulumi's providers are on 127.0.0.1 or ::1.",
  why: "Behind another port, NGINX's limits and refusals do not hold: MLflow's or MinIO's own interface would be open.",
  remedy:
    "Give the service a site in lib/nginx/, or publish the port with `loopbackPorts` of components/workload.ts.",
  types: [TYPES.container, TYPES.network],
  check: (resource) => {
    const { props } = resource;
    if (resource.type === TYPES.network) {
      return Object.entries(fields(props["options"])).flatMap(([key, mode]) =>
        /\.gateway_mode_/i.test(key) && !CLOSED.has(text(mode) ?? "")
          ? [`${key} is ${text(mode) ?? "?"}, by which every port of its containers may be reached`]
          : [],
      );
    }
    const all = isTrue(props["publishAllPorts"]) ? ["publishAllPorts publishes every port of the image"] : [];
    if (isNginx(resource)) return all;
    const open = items(props["ports"]).flatMap((port) => {
      const { ip, internal } = fields(port);
      if (ip === UNKNOWN || (typeof ip === "string" && isLoopback(ip.trim()))) return [];
      const shown = text(ip);
      return [`port ${text(internal) ?? "?"} is published on ${shown ? shown : "all addresses"}`];
    });
    return [...all, ...open];
  },
};
