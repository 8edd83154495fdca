import { expectStatus } from "../../../cli/smoke/http";
import type { MlflowApi } from "../../../cli/smoke/mlflow";
import type { Target } from "./types";

/** JSON in an order of its own: MLflow gives maps and lists in any. */
function ordered(text: string): string {
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) {
      return value.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    }
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, inner]) => [key, sorted(inner)]),
    );
  };
  return JSON.stringify(sorted(JSON.parse(text)));
}

/**
 * Everything of a team that somebody could change, as an administrator sees it: what it holds, who may use it, and
 * the platform around it. Equal before and after means that nothing had an effect.
 *
 * @param api - MLflow as an administrator, in the team's workspace
 */
export async function snapshot(api: MlflowApi, target: Target): Promise<Readonly<Record<string, string>>> {
  const { experiment, run, model, prompt, trace, dataset, scorer, workspace } = target;
  const permissions = "/api/2.0/mlflow/permissions";
  const seen: Record<string, string> = {};
  const search = { method: "POST" } as const;
  const questions: [string, Parameters<MlflowApi["call"]>[1]?][] = [
    ["/api/2.0/mlflow/experiments/search", { ...search, json: { view_type: "ALL", max_results: 5000 } }],
    [
      "/api/2.0/mlflow/runs/search",
      { ...search, json: { experiment_ids: [experiment], run_view_type: "ALL", max_results: 5000 } },
    ],
    ["/api/2.0/mlflow/registered-models/search", { query: { max_results: "1000" } }],
    ["/api/2.0/mlflow/registered-models/get", { query: { name: model } }],
    ["/api/2.0/mlflow/registered-models/get", { query: { name: prompt } }],
    ["/api/2.0/mlflow/model-versions/search", { query: { filter: `name='${model}'` } }],
    [`/api/3.0/mlflow/traces/${trace}`],
    ["/api/2.0/mlflow/logged-models/search", { ...search, json: { experiment_ids: [experiment] } }],
    [`/api/3.0/mlflow/datasets/${dataset}`],
    [`/api/3.0/mlflow/datasets/${dataset}/records`],
    ["/api/3.0/mlflow/scorers/list", { query: { experiment_id: experiment } }],
    ["/api/3.0/mlflow/issues/search", { ...search, json: { experiment_id: experiment } }],
    ["/api/3.0/mlflow/label-schemas/list", { query: { experiment_id: experiment } }],
    ["/api/3.0/mlflow/review-queues/list", { query: { experiment_id: experiment } }],
    ["/api/3.0/mlflow/mcp-servers", { query: { max_results: "100" } }],
    ["/api/2.0/mlflow/artifacts/list", { query: { run_id: run } }],
    ["/get-artifact", { query: { run_uuid: run, path: "canary.txt" } }],
    ...["users", "groups"].flatMap((who): [string][] => [
      [`${permissions}/experiments/${experiment}/${who}`],
      [`${permissions}/registered-models/${model}/${who}`],
      [`${permissions}/prompts/${prompt}/${who}`],
      [`/api/3.0/mlflow/permissions/scorers/${experiment}/${scorer}/${who}`],
      [`/api/3.0/mlflow/permissions/workspaces/${workspace}/${who}`],
    ]),
    [`/api/3.0/mlflow/workspaces/${workspace}`],
    ["/api/3.0/mlflow/workspaces"],
    ["/api/3.0/mlflow/workspace-rules"],
    ["/api/3.0/mlflow/permissions/workspaces/regex/user"],
    ["/api/3.0/mlflow/permissions/workspaces/regex/group"],
    [`${permissions}/groups`],
    [`/api/2.0/mlflow/users/${target.username}`],
    [`/api/2.0/mlflow/users/${target.username}/tokens`],
    ["/api/2.0/mlflow/users/details"],
    ["/api/2.0/mlflow/webhooks"],
    ["/api/2.0/mlflow/scim/tokens"],
  ];
  for (const [path, request] of questions) {
    const answer = await api.call(path, request);
    expectStatus(answer, `looking at ${path}`, [200]);
    seen[`${path} ${JSON.stringify(request?.query ?? request?.json ?? "")}`] = ordered(answer.text);
  }
  return seen;
}
