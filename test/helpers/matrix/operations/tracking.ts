import type { Operation } from "../types";
import { op } from "./define";

const V2 = "/api/2.0/mlflow";

const JSON_TYPE = { "Content-Type": "application/json" };
const graphql = (query: string, variables: unknown): string => JSON.stringify({ query, variables });
const RUN = "run { info { runId runName experimentId } data { params { key value } tags { key value } } }";

/** Experiments and runs. */
export const TRACKING: readonly Operation[] = [
  op(`POST ${V2}/experiments/create`, "create", (_t, unique) => ({ json: { name: `matrix-${unique}` } })),
  op(`GET ${V2}/experiments/search`, "search", { query: { max_results: "1000", view_type: "ALL" } }),
  op(`POST ${V2}/experiments/search`, "search", { json: { max_results: 1000, view_type: "ALL" } }),
  op(
    `POST ${V2}/experiments/search`,
    "search",
    (t) => ({ json: { max_results: 10, filter: `name = '${t.experimentName}'` } }),
    { note: "by name" },
  ),
  op(`GET ${V2}/experiments/get`, "read", (t) => ({ query: { experiment_id: t.experiment } })),
  op(`GET ${V2}/experiments/get-by-name`, "read", (t) => ({ query: { experiment_name: t.experimentName } })),
  op(`POST ${V2}/experiments/delete`, "manage", (t) => ({ json: { experiment_id: t.experiment } }), {
    spare: "experiment",
  }),
  op(
    `POST ${V2}/experiments/restore`,
    "manage",
    (t) => ({ json: { experiment_id: t.experiment } }),
    // It was not deleted: MLflow says so to those who may restore it.
    { through: [400, 404] },
  ),
  op(
    `POST ${V2}/experiments/update`,
    "write",
    (t, unique) => ({
      json: { experiment_id: t.experiment, new_name: `renamed-${unique}` },
    }),
    { spare: "experiment" },
  ),
  op(
    `POST ${V2}/experiments/set-experiment-tag`,
    "write",
    (t, unique) => ({
      json: { experiment_id: t.experiment, key: unique, value: "x" },
    }),
    { spare: "experiment" },
  ),
  op(
    `POST ${V2}/experiments/delete-experiment-tag`,
    "write",
    (t) => ({ json: { experiment_id: t.experiment, key: "canary" } }),
    { spare: "experiment" },
  ),
  op(`POST ${V2}/experiments/search-datasets`, "read", (t) => ({ json: { experiment_ids: [t.experiment] } })),
  // MLflow's own slip of the pen; its handler answers by another path only.
  op(
    "POST /api/2.0mlflow/experiments/search-datasets",
    "read",
    (t) => ({ json: { experiment_ids: [t.experiment] } }),
    { through: [404] },
  ),

  op(`POST ${V2}/runs/create`, "write", (t) => ({ json: { experiment_id: t.experiment } }), {
    spare: "experiment",
  }),
  op(`GET ${V2}/runs/get`, "read", (t) => ({ query: { run_id: t.run } })),
  op(`GET ${V2}/runs/get`, "read", (t) => ({ query: { run_uuid: t.run } }), { note: "old spelling" }),
  op(`POST ${V2}/runs/search`, "search", (t) => ({ json: { experiment_ids: [t.experiment] } })),
  op(
    `POST ${V2}/runs/search`,
    "search",
    (t) => ({ json: { experiment_ids: [t.experiment, "0"], run_view_type: "ALL" } }),
    {
      note: "with another experiment",
      // Experiment 0 is in the workspace `default`, where nobody has a permission.
      through: [403, 404],
    },
  ),
  op(`POST ${V2}/runs/search`, "search", {}, { note: "no experiment", through: [400, 403] }),
  op(`POST ${V2}/runs/update`, "write", (t, unique) => ({ json: { run_id: t.run, run_name: unique } }), {
    spare: "run",
  }),
  op(`POST ${V2}/runs/delete`, "manage", (t) => ({ json: { run_id: t.run } }), { spare: "run" }),
  op(`POST ${V2}/runs/restore`, "manage", (t) => ({ json: { run_id: t.run } }), { spare: "run" }),
  op(
    `POST ${V2}/runs/log-metric`,
    "write",
    (t, unique) => ({
      json: { run_id: t.run, key: unique, value: 1, timestamp: 1 },
    }),
    { spare: "run" },
  ),
  op(
    `POST ${V2}/runs/log-parameter`,
    "write",
    (t, unique) => ({
      json: { run_id: t.run, key: unique, value: "x" },
    }),
    { spare: "run" },
  ),
  op(
    `POST ${V2}/runs/log-batch`,
    "write",
    (t, unique) => ({
      json: {
        run_id: t.run,
        metrics: [{ key: unique, value: 1, timestamp: 1 }],
        params: [{ key: unique, value: "x" }],
        tags: [{ key: unique, value: "x" }],
      },
    }),
    { spare: "run" },
  ),
  op(
    `POST ${V2}/runs/set-tag`,
    "write",
    (t, unique) => ({ json: { run_id: t.run, key: unique, value: "x" } }),
    {
      spare: "run",
    },
  ),
  op(`POST ${V2}/runs/delete-tag`, "write", (t) => ({ json: { run_id: t.run, key: "canary" } }), {
    spare: "run",
  }),
  op(
    `POST ${V2}/runs/log-inputs`,
    "write",
    (t, unique) => ({
      json: {
        run_id: t.run,
        datasets: [{ dataset: { name: unique, digest: "d", source_type: "local", source: "{}" }, tags: [] }],
      },
    }),
    { spare: "run" },
  ),
  op(`POST ${V2}/runs/outputs`, "write", (t) => ({ json: { run_id: t.run, models: [] } }), { spare: "run" }),
  op(
    `POST ${V2}/runs/log-model`,
    "write",
    (t) => ({
      json: {
        run_id: t.run,
        model_json: JSON.stringify({
          artifact_path: "m",
          flavors: {},
          utc_time_created: "2026-01-01 00:00:00.0",
          run_id: t.run,
        }),
      },
    }),
    { spare: "run" },
  ),
  // Needs a prompt lab's gateway; those who may do it are told what is missing.
  op(`POST ${V2}/runs/create-promptlab-run`, "write", (t) => ({ json: { experiment_id: t.experiment } }), {
    through: [400],
  }),

  op(`GET ${V2}/metrics/get-history`, "read", (t) => ({ query: { run_id: t.run, metric_key: "loss" } })),
  op(`GET ${V2}/metrics/get-history-bulk`, "read", (t) => ({ query: { run_id: t.run, metric_key: "loss" } })),
  op(`GET ${V2}/metrics/get-history-bulk-interval`, "read", (t) => ({
    query: { run_ids: t.run, metric_key: "loss", max_results: "10" },
  })),

  ...(
    [
      ["run", `query ($id: String) { mlflowGetRun(input: {runId: $id}) { ${RUN} } }`],
      ["old run id", `query ($id: String) { mlflowGetRun(input: {runUuid: $id}) { ${RUN} } }`],
      [
        "artifacts",
        "query ($id: String) { mlflowListArtifacts(input: {runId: $id}) { files { path } rootUri } }",
      ],
      [
        "metrics",
        'query ($id: String) { mlflowGetMetricHistoryBulkInterval(input: {runIds: [$id], metricKey: "loss", maxResults: 9}) { metrics { key value runId } } }',
      ],
    ] as const
  ).map(([note, query]) =>
    op("POST /graphql", "search", (t) => ({ body: graphql(query, { id: t.run }), headers: JSON_TYPE }), {
      note,
    }),
  ),
  ...(
    [
      [
        "experiment",
        "query ($id: String) { mlflowGetExperiment(input: {experimentId: $id}) { experiment { name experimentId tags { key value } } } }",
      ],
      [
        "renamed experiment",
        "query ($id: String) { a: mlflowGetExperiment(input: {experimentId: $id}) { experiment { name } } test { output } }",
      ],
      [
        "search",
        `query ($id: String) { mlflowSearchRuns(input: {experimentIds: [$id]}) { runs { info { runId runName } data { tags { key value } } } } }`,
      ],
      [
        "mutation search",
        `mutation ($id: String) { mlflowSearchRuns(input: {experimentIds: [$id, "0"]}) { runs { info { runId runName } } } }`,
      ],
      [
        "datasets",
        `mutation ($id: String) { mlflowSearchDatasets(input: {experimentIds: [$id]}) { datasetSummaries { name experimentId } } }`,
      ],
    ] as const
  ).map(([note, query]) =>
    op(
      "POST /graphql",
      "search",
      (t) => ({ body: graphql(query, { id: t.experiment }), headers: JSON_TYPE }),
      {
        note,
      },
    ),
  ),
  op(
    "POST /graphql",
    "search",
    (t) => ({
      body: graphql(
        "query ($f: String) { mlflowSearchModelVersions(input: {filter: $f}) { modelVersions { name version } } }",
        {
          f: `name='${t.model}'`,
        },
      ),
      headers: JSON_TYPE,
    }),
    { note: "model versions" },
  ),
  op(
    "GET /graphql",
    "search",
    (t) => ({
      query: { query: `{ mlflowGetRun(input: {runId: "${t.run}"}) { ${RUN} } }` },
    }),
    { through: [400, 415, 500] },
  ),
];
