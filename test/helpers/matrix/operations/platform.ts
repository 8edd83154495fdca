import type { Operation, Target } from "../types";
import { each, op } from "./define";

const USERS = "/api/2.0/mlflow/users";
const V3 = "/api/3.0/mlflow";
const user = (t: Target): { path: Record<string, string> } => ({
  path: { username: t.username, token_id: "1", session_pk: "1" },
});

/** Accounts: the caller's own, and those of others. */
const ACCOUNTS: readonly Operation[] = [
  op(`GET ${USERS}`, "names"),
  op(`GET ${USERS}/current`, "own"),
  op(`GET ${USERS}/current/tokens`, "own", {}, { through: [403] }),
  // A service account and a personal token get none; an existing name is a conflict.
  op(
    `POST ${USERS}/current/tokens`,
    "own",
    (_t, unique) => ({ json: { name: unique, expiration: "2000-01-01T00:00:00Z" } }),
    {
      through: [400, 403, 409, 422],
      note: "already expired",
    },
  ),
  op(
    `DELETE ${USERS}/current/tokens/{token_id}`,
    "own",
    { path: { token_id: "0" } },
    { through: [403, 404] },
  ),
  op(`PATCH ${USERS}/access-token`, "platform", (t) => ({ json: { username: t.username } }), {
    note: "of another",
  }),
  op(`POST ${USERS}`, "platform", (_t, unique) => ({
    json: { username: unique, display_name: unique, is_admin: true },
  })),
  op(`DELETE ${USERS}`, "platform", (t) => ({ json: { username: t.username } })),
  op(`PATCH ${USERS}/ownership`, "platform", (t) => ({
    json: { username: t.username, managed_by: "local" },
  })),
  ...each([`GET ${USERS}/details`, `GET ${USERS}/service-account-sources`], "platform"),
  op(`GET ${USERS}/{username}`, "platform", user),
  op(`PATCH ${USERS}/{username}/active`, "platform", (t) => ({ ...user(t), json: { active: false } })),
  op(`PUT ${USERS}/{username}/service-account-source`, "platform", (t) => ({
    ...user(t),
    json: { source: "internal" },
  })),
  op(`POST ${USERS}/{username}/tokens`, "platform", (t, unique) => ({
    ...user(t),
    json: { name: unique, expiration: new Date(Date.now() + 86_400_000).toISOString() },
  })),
  ...each(
    [
      `GET ${USERS}/{username}/identities`,
      `DELETE ${USERS}/{username}/identities`,
      `GET ${USERS}/{username}/sessions`,
      `DELETE ${USERS}/{username}/sessions`,
      `DELETE ${USERS}/{username}/sessions/{session_pk}`,
      `GET ${USERS}/{username}/tokens`,
      `DELETE ${USERS}/{username}/tokens`,
      `DELETE ${USERS}/{username}/tokens/{token_id}`,
    ],
    "platform",
    (t) => ({ ...user(t), json: { issuer: "x", subject: "y", provider: "default" } }),
  ),
];

const WORKSPACES = `${V3}/workspaces`;
const GRANTS = `${V3}/permissions/workspaces`;
const RULES = `${V3}/workspace-rules`;
const grant = (t: Target): Ask => ({
  path: {
    workspace_name: t.workspace,
    workspace: t.workspace,
    username: t.grantee,
    group_name: t.granteeGroup,
    permission_id: "1",
    rule_id: "1",
  },
  json: {
    name: t.workspace,
    username: t.grantee,
    group_name: t.granteeGroup,
    permission: "MANAGE",
    regex: ".*",
    pattern: "(?P<ws>.*)",
    mode: "enforce",
    priority: 1,
    description: "changed by the matrix",
    default_artifact_root: "s3://elsewhere",
  },
});
type Ask = ReturnType<Operation["ask"]>;

/** Workspaces, and who may enter them. */
const TEAMS: readonly Operation[] = [
  op(`GET ${WORKSPACES}`, "search"),
  op(`GET ${WORKSPACES}/{workspace_name}`, "read", (t) => ({ path: { workspace_name: t.workspace } })),
  ...each(
    [
      `POST ${WORKSPACES}`,
      `PATCH ${WORKSPACES}/{workspace_name}`,
      `DELETE ${WORKSPACES}/{workspace_name}`,
      ...["users", "groups"].map((who) => `POST ${GRANTS}/{workspace}/${who}`),
      ...["PATCH", "DELETE"].flatMap((verb) => [
        `${verb} ${GRANTS}/{workspace}/users/{username}`,
        `${verb} ${GRANTS}/{workspace}/groups/{group_name}`,
        `${verb} ${GRANTS}/regex/user/{permission_id}`,
        `${verb} ${GRANTS}/regex/group/{permission_id}`,
        `${verb} ${RULES}/{rule_id}`,
      ]),
      `POST ${GRANTS}/regex/user`,
      `POST ${GRANTS}/regex/group`,
      `POST ${RULES}`,
      `POST ${RULES}/preview`,
    ],
    "blocked",
    grant,
  ),
  ...each([`GET ${GRANTS}/{workspace}/users`, `GET ${GRANTS}/{workspace}/groups`], "read", grant),
  ...each([`GET ${GRANTS}/regex/user`, `GET ${GRANTS}/regex/group`], "platform"),
  ...each([`GET ${RULES}`], "platform"),
  op(`GET ${RULES}/{rule_id}`, "platform", { path: { rule_id: "1" } }, { through: [404] }),
  op(`GET ${RULES}/{rule_id}/preview`, "platform", { path: { rule_id: "1" } }, { through: [404] }),
];

/** Directory provisioning: the platform's directory is Keycloak, so NGINX keeps SCIM and SAML closed. */
const DIRECTORY: readonly Operation[] = [
  ...each(
    [
      ...["GET", "POST"].map((verb) => `${verb} /scim/v2/Users`),
      ...["GET", "PUT", "PATCH", "DELETE"].map((verb) => `${verb} /scim/v2/Users/{user_id}`),
      ...["GET", "POST"].map((verb) => `${verb} /scim/v2/Groups`),
      ...["GET", "PUT", "PATCH", "DELETE"].map((verb) => `${verb} /scim/v2/Groups/{group_id}`),
      "GET /scim/v2/ResourceTypes",
      "GET /scim/v2/ResourceTypes/{resource_type}",
      "GET /scim/v2/Schemas",
      "GET /scim/v2/Schemas/{schema_id}",
      "GET /scim/v2/ServiceProviderConfig",
      ...["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"].map(
        (verb) => `${verb} /scim/v2/{unsupported}`,
      ),
      "GET /slo/{provider_id}",
      "GET /saml/metadata/{provider_id}",
    ],
    "blocked",
    {
      path: {
        ...{ user_id: "x", group_id: "x", resource_type: "User", schema_id: "x", unsupported: "Me" },
        provider_id: "default",
      },
    },
  ),
  ...each(
    [
      "GET /api/2.0/mlflow/scim/activity",
      "GET /api/2.0/mlflow/scim/status",
      "GET /api/2.0/mlflow/scim/tokens",
    ],
    "platform",
  ),
  ...each(
    [
      "POST /api/2.0/mlflow/scim/tokens",
      "DELETE /api/2.0/mlflow/scim/tokens/{token_id}",
      "POST /api/2.0/mlflow/scim/tokens/{token_id}/rotate",
    ],
    "platform",
    { path: { token_id: "1" }, json: { name: "matrix" } },
  ),
];

/** The server's own administration. */
const ADMINISTRATION: readonly Operation[] = [
  // Ours, for the warden, on a port that NGINX does not serve.
  op("GET /platform/accounts", "blocked"),
  op("PATCH /platform/accounts/{username}", "blocked", (t) => ({ ...user(t), json: { active: false } })),
  ...each(["GET /oidc/trash/experiments", "GET /oidc/trash/runs", "GET /oidc/webhook"], "platform"),
  op("POST /oidc/trash/cleanup", "platform", (t) => ({ query: { experiment_ids: t.experiment } })),
  op("POST /oidc/trash/experiments/{experiment_id}/restore", "platform", (t) => ({
    path: { experiment_id: t.experiment },
  })),
  op("POST /oidc/trash/runs/{run_id}/restore", "platform", (t) => ({ path: { run_id: t.run } })),
  op("POST /oidc/webhook", "platform", (_t, unique) => ({
    json: { name: unique, url: "https://collector.invalid/", events: ["registered_model.created"] },
  })),
  op("GET /oidc/webhook/{webhook_id}", "platform", (t) => ({ path: { webhook_id: t.webhook } }), {
    through: [404],
  }),
  ...each(
    [
      "PUT /oidc/webhook/{webhook_id}",
      "DELETE /oidc/webhook/{webhook_id}",
      "POST /oidc/webhook/{webhook_id}/test",
    ],
    "platform",
    (t) => ({ path: { webhook_id: t.webhook }, json: {} }),
  ),
  ...each([`POST ${V3}/demo/generate`, `POST ${V3}/demo/delete`], "platform", { json: {} }),
  ...each(
    [
      `GET ${V3}/assistant/config`,
      `PUT ${V3}/assistant/config`,
      `POST ${V3}/assistant/message`,
      `GET ${V3}/assistant/providers`,
      `GET ${V3}/assistant/providers/{provider}/health`,
      `GET ${V3}/assistant/providers/{provider}/models`,
      `PATCH ${V3}/assistant/sessions/{session_id}`,
      `GET ${V3}/assistant/sessions/{session_id}/stream`,
      `POST ${V3}/assistant/sessions/{session_id}/permission`,
      `POST ${V3}/assistant/sessions/{session_id}/tool-result`,
      `POST ${V3}/assistant/skills/install`,
    ],
    "blocked",
    { path: { provider: "claude_code", session_id: "x" }, json: {} },
  ),
];

/** Pages, facts of the server, and sign-in. */
const PAGES: readonly Operation[] = [
  ...each(["GET /", "GET /version", `GET ${V3}/server-info`, `GET ${V3}/ui-telemetry`], "open"),
  op(`POST ${V3}/ui-telemetry`, "open", { json: { records: [] } }),
  op("GET /build/{filename}", "open", { path: { filename: "none.js" } }, { through: [404] }),
  // Named by MLflow, served by Databricks only.
  ...each(["GET /api/2.0/mlflow/unified-traces", "GET /api/2.0/mlflow/get-online-trace-details"], "off"),
  ...each(
    [
      ...["GET /health", "GET /health/live", "GET /health/ready", "GET /health/startup"],
      ...["GET /login", "GET /login/{provider_id}", "GET /callback", "GET /callback/{provider_id}"],
      "POST /callback/{provider_id}",
      ...[
        "GET /providers",
        "GET /oidc/ui",
        "GET /oidc/ui/",
        "GET /oidc/ui/config.json",
        "GET /oidc/ui/{filename}",
      ],
      "GET /static-files/{path}",
    ],
    "public",
    { path: { provider_id: "default", filename: "auth", path: "none.js" } },
  ),
  op("GET /auth/status", "open"),
  // A bearer token has no session that could be ended.
  op("GET /logout", "open", {}, { through: [302, 307] }),
];

export const PLATFORM: readonly Operation[] = [
  ...ACCOUNTS,
  ...TEAMS,
  ...DIRECTORY,
  ...ADMINISTRATION,
  ...PAGES,
];

/** Routes that need no cells, and why. */
export const NOT_APPLICABLE: ReadonlyMap<string, string> = new Map([
  ["CONNECT /scim/v2/{unsupported}", "NGINX answers CONNECT itself"],
  ["TRACE /scim/v2/{unsupported}", "NGINX answers TRACE itself"],
  ["MOUNT ", "Flask's application, whose routes are listed one by one"],
]);
