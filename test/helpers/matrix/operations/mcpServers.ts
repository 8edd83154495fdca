import type { Operation, Target } from "../types";
import { op } from "./define";

const MCP = "/api/3.0/mlflow/mcp-servers";
const mcp = (t: Target): { path: Record<string, string> } => ({ path: { name: t.mcp } });
const part = (t: Target, more: Record<string, string>): { path: Record<string, string> } => ({
  path: { name: t.mcp, ...more },
});
/** What is asked for is not there; that is said to those who may know. */
const ABSENT = { through: [400, 404] };

/**
 * The registry of MCP servers. The plugin lets only holders of MANAGE in the workspace add one, and members change one
 * only once somebody holds MANAGE on it.
 */
export const MCP_SERVERS: readonly Operation[] = [
  op(`GET ${MCP}`, "search"),
  op(`POST ${MCP}`, "manage", (_t, unique) => ({ json: { name: `io.example/${unique}` } }), { byName: true }),
  op(`GET ${MCP}/endpoints`, "search"),
  op(`GET ${MCP}/{name}`, "read", mcp),
  op(`PATCH ${MCP}/{name}`, "write", (t) => ({ ...mcp(t), json: { description: "changed" } }), {
    spare: "mcp",
  }),
  op(`DELETE ${MCP}/{name}`, "manage", mcp, { spare: "mcp" }),
  op(`POST ${MCP}/{name}/tags`, "write", (t, unique) => ({ ...mcp(t), json: { key: unique, value: "x" } }), {
    spare: "mcp",
  }),
  op(`DELETE ${MCP}/{name}/tags/{key}`, "manage", (t) => part(t, { key: "canary" }), { spare: "mcp" }),
  op(`GET ${MCP}/{name}/versions`, "search", mcp),
  op(
    `POST ${MCP}/{name}/versions`,
    "write",
    (t) => ({
      ...mcp(t),
      json: { server_json: { name: t.mcp, version: "1.0.0" } },
    }),
    { spare: "mcp", implicit: true },
  ),
  op(`POST ${MCP}/{name}/aliases`, "write", (t) => ({ ...mcp(t), json: { alias: "a", version: "1.0.0" } }), {
    ...ABSENT,
    spare: "mcp",
  }),
  op(`GET ${MCP}/{name}/aliases/{alias}`, "read", (t) => part(t, { alias: "none" }), ABSENT),
  op(`DELETE ${MCP}/{name}/aliases/{alias}`, "manage", (t) => part(t, { alias: "none" }), ABSENT),
  op(`GET ${MCP}/{name}/endpoints`, "search", mcp),
  op(
    `POST ${MCP}/{name}/endpoints`,
    "write",
    (t) => ({ ...mcp(t), json: { url: "https://none.invalid/" } }),
    {
      ...ABSENT,
      spare: "mcp",
    },
  ),
  op(`GET ${MCP}/{name}/endpoints/{endpoint_id}`, "read", (t) => part(t, { endpoint_id: "none" }), ABSENT),
  op(
    `PATCH ${MCP}/{name}/endpoints/{endpoint_id}`,
    "write",
    (t) => ({
      ...part(t, { endpoint_id: "none" }),
      json: { url: "https://none.invalid/" },
    }),
    ABSENT,
  ),
  op(
    `DELETE ${MCP}/{name}/endpoints/{endpoint_id}`,
    "manage",
    (t) => part(t, { endpoint_id: "none" }),
    ABSENT,
  ),
  op(`GET ${MCP}/{name}/versions/{version}`, "read", (t) => part(t, { version: "9" }), ABSENT),
  op(
    `PATCH ${MCP}/{name}/versions/{version}`,
    "write",
    (t) => ({
      ...part(t, { version: "9" }),
      json: { status: "active" },
    }),
    ABSENT,
  ),
  op(`DELETE ${MCP}/{name}/versions/{version}`, "manage", (t) => part(t, { version: "9" }), ABSENT),
  op(
    `POST ${MCP}/{name}/versions/{version}/tags`,
    "write",
    (t, unique) => ({
      ...part(t, { version: "9" }),
      json: { key: unique, value: "x" },
    }),
    ABSENT,
  ),
  op(
    `DELETE ${MCP}/{name}/versions/{version}/tags/{key}`,
    "manage",
    (t) => part(t, { version: "9", key: "canary" }),
    ABSENT,
  ),
];
