import { faultOf, requestOf, credentialsOf, WORKSPACE_HEADER, type World } from "./runner";
import { NOTHING } from "./expectations";
import { OPERATIONS } from "./operations";
import { op } from "./operations/define";
import { SPELLINGS, type Spelling, twoSpellings, workspaceSpellings } from "./spellings";
import type { Identity, Operation, Outcome, Target, Wrong } from "./types";
import { eachOf } from "./wire";

/** Operations whose spellings are tried: one of each way to authorize a request. */
const PROBED = [
  "GET /api/2.0/mlflow/experiments/get",
  "GET /api/2.0/mlflow/runs/get",
  "POST /api/2.0/mlflow/runs/search",
  "POST /api/2.0/mlflow/runs/set-tag",
  "POST /api/2.0/mlflow/runs/delete",
  "GET /get-artifact",
  "GET /api/2.0/mlflow-artifacts/artifacts/{artifact_path}",
  "PUT /api/2.0/mlflow-artifacts/artifacts/{artifact_path}",
  "GET /api/2.0/mlflow/registered-models/get",
  "GET /api/2.0/mlflow/logged-models/{model_id}",
  "GET /api/3.0/mlflow/traces/{trace_id}",
  "GET /api/3.0/mlflow/mcp-servers/{name}",
  "GET /api/3.0/mlflow/workspaces/{workspace_name}",
  "POST /graphql",
  "POST /api/2.0/mlflow/permissions/users/{username}/experiments/{experiment_id}",
  "GET /oidc/trash/experiments",
] as const;

/** What NGINX keeps closed, and a text that would show it is open. Callers hold MANAGE in the workspace. */
const CLOSED: readonly (readonly [Operation, string])[] = [
  ...(
    [
      ["PATCH /api/3.0/mlflow/workspaces/{workspace_name}", '"workspace":'],
      ["DELETE /api/3.0/mlflow/workspaces/{workspace_name}", "contains resources"],
      ["POST /api/3.0/mlflow/permissions/workspaces/{workspace}/users", "permission created"],
      ["PATCH /api/3.0/mlflow/permissions/workspaces/{workspace}/groups/{group_name}", "permission updated"],
      ["POST /api/3.0/mlflow/workspace-rules", "rule_id"],
      ["GET /scim/v2/Users", "urn:ietf:params:scim"],
      ["GET /api/3.0/mlflow/assistant/config", '"providers"'],
    ] as const
  ).map(([route, mark]) => [found(route), mark] as const),
  [op("GET /metrics", "blocked"), "# HELP"],
  [op("GET /docs", "blocked"), "swagger-ui"],
  [op("GET /openapi.json", "blocked"), '"openapi"'],
  [op("GET /redoc", "blocked"), "redoc.standalone"],
];

/** Whatever the spelling: no text that may not be seen, and no fault of the server. */
const HARMLESS: Outcome = { ...NOTHING, words: "nothing that is closed" };

function found(route: string): Operation {
  const operation = OPERATIONS.find((candidate) => candidate.route === route);
  if (operation === undefined) throw new Error(`the matrix has no operation ${route}`);
  return operation;
}

/** A request in one spelling, by one caller. */
interface Probe {
  readonly identity: Identity;
  readonly operation: Operation;
  readonly spelling: Spelling;
  readonly workspace: string;
  /** Text that must not be in the answer. */
  readonly mark: string;
}

/**
 * Probes of a caller who has no part in team A.
 *
 * @param workspaces - that the caller names beside the spelling
 */
export function outsideProbes(
  identity: Identity,
  workspaces: readonly string[],
  [a, b]: readonly [string, string],
  canary: string,
): Probe[] {
  return PROBED.map(found).flatMap((operation) => [
    ...workspaces.flatMap((workspace) =>
      SPELLINGS.map((spelling) => ({ identity, operation, spelling, workspace, mark: canary })),
    ),
    ...workspaceSpellings(a, b).map((spelling) => ({
      identity,
      operation,
      spelling,
      workspace: a,
      mark: canary,
    })),
  ]);
}

/** Probes of callers with all rights in team A, at what nobody may reach. */
export function closedProbes(identities: readonly Identity[], a: string): Probe[] {
  return identities.flatMap((identity) =>
    CLOSED.flatMap(([operation, mark]) =>
      SPELLINGS.map((spelling) => ({ identity, operation, spelling, workspace: a, mark })),
    ),
  );
}

let counter = 0;

/** Sends probes and gives back the wrong ones. */
export async function probe(world: World, host: string, probes: readonly Probe[]): Promise<Wrong[]> {
  const wrong: Wrong[] = [];
  await eachOf(probes, async ({ identity, operation, spelling, workspace, mark }) => {
    counter += 1;
    const [, path = ""] = operation.route.split(" ");
    const plain = requestOf(operation, path, operation.ask(world.target, `s${counter}`), [
      ...(await credentialsOf(identity)),
      [WORKSPACE_HEADER, workspace],
    ]);
    const request = spelling.of(plain, host);
    const words = `${operation.route} spelled "${spelling.name}", in ${workspace}`;
    const cell = { identity: identity.name, operation: words, expected: HARMLESS, request };
    const fault = await faultOf({ wire: world.wire, canary: mark }, cell);
    if (fault !== undefined) wrong.push(fault);
  });
  return wrong;
}

/** Fields that operations are authorized by, with the caller's own value and team A's, and what else is sent. */
const FIELDS: readonly (readonly [
  string,
  string,
  (target: Target) => string,
  Readonly<Record<string, unknown>>,
])[] = [
  ["GET /api/2.0/mlflow/runs/get", "run_id", (t) => t.run, {}],
  ["GET /api/2.0/mlflow/experiments/get", "experiment_id", (t) => t.experiment, {}],
  ["POST /api/2.0/mlflow/runs/search", "experiment_ids", (t) => t.experiment, {}],
  ["POST /api/2.0/mlflow/runs/set-tag", "run_id", (t) => t.run, { key: "crossed", value: "x" }],
  ["POST /api/2.0/mlflow/runs/log-batch", "run_id", (t) => t.run, { tags: [{ key: "crossed", value: "x" }] }],
  ["POST /api/2.0/mlflow/runs/update", "run_id", (t) => t.run, { run_name: "crossed" }],
  ["POST /api/2.0/mlflow/registered-models/set-tag", "name", (t) => t.model, { key: "crossed", value: "x" }],
  [
    "POST /api/2.0/mlflow/experiments/set-experiment-tag",
    "experiment_id",
    (t) => t.experiment,
    { key: "crossed", value: "x" },
  ],
  // These use the caller's own up, so they come last.
  [
    "POST /api/3.0/mlflow/traces/delete-traces",
    "experiment_id",
    (t) => t.experiment,
    { max_timestamp_millis: "9999999999999" },
  ],
  ["POST /api/2.0/mlflow/runs/delete", "run_id", (t) => t.run, {}],
  ["DELETE /api/2.0/mlflow/registered-models/delete", "name", (t) => t.model, {}],
  ["POST /api/2.0/mlflow/experiments/delete", "experiment_id", (t) => t.experiment, {}],
];

/** As {@link HARMLESS}; MLflow fails at some bodies that are no request at all. */
const NO_REQUEST: Outcome = { ...HARMLESS, statuses: (status) => status <= 500 };

/** Requests that name two things at once, the caller's own and team A's, by every way that MLflow reads. */
export async function probeFields(
  world: World,
  identities: readonly Identity[],
  own: Target,
  workspaces: readonly string[],
): Promise<Wrong[]> {
  const wrong: Wrong[] = [];
  const requests = identities.flatMap((identity) =>
    FIELDS.flatMap(([route, field, of, more]) =>
      workspaces.flatMap((workspace) => {
        const [method = "", path = ""] = route.split(" ");
        const [mine, theirs] = [of(own), of(world.target)];
        const bodies = twoSpellings(field, mine, theirs, more);
        const queries = [
          `?${field}=${mine}`,
          `?${field}=${mine}&${field}=${theirs}`,
          `?${field}=${theirs}`,
          "",
        ];
        return bodies.flatMap(([name, body]) =>
          queries.map((query) => ({ identity, workspace, method, path: path + query, name, body })),
        );
      }),
    ),
  );
  await eachOf(requests, async ({ identity, workspace, method, path, name, body }) => {
    const request = {
      method,
      path,
      body: body.body,
      headers: [
        ...(await credentialsOf(identity)),
        [WORKSPACE_HEADER, workspace] as const,
        ...(body.headers ?? []),
      ],
    };
    const words = `${method} ${path} with ${name}, in ${workspace}`;
    const fault = await faultOf(world, {
      identity: identity.name,
      operation: words,
      expected: NO_REQUEST,
      request,
    });
    if (fault !== undefined) wrong.push(fault);
  });
  return wrong;
}
