import type { Operation, Target } from "../types";
import { op } from "./define";

const V2 = "/api/2.0/mlflow/traces";
const V3 = "/api/3.0/mlflow/traces";

const place = (t: Target): unknown => ({
  type: "MLFLOW_EXPERIMENT",
  mlflow_experiment: { experiment_id: t.experiment },
});

/** Body of a new trace. */
export function newTrace(t: Pick<Target, "experiment">, id: string, text: string): unknown {
  return {
    trace: {
      trace_info: {
        trace_id: id,
        trace_location: { type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: t.experiment } },
        request_time: "2026-01-01T00:00:00Z",
        execution_duration: "1s",
        state: "OK",
        request_preview: text,
        response_preview: text,
        trace_metadata: { "mlflow.trace_schema.version": "3" },
        tags: { canary: text },
      },
    },
  };
}

const id = (t: Target): { path: Record<string, string> } => ({
  path: { trace_id: t.trace, request_id: t.trace },
});

/** Traces of both API versions, and those that OpenTelemetry sends. */
export const TRACES: readonly Operation[] = [
  // The path of the older API; a trace that it starts stays unfinished.
  op(
    `POST ${V2}`,
    "write",
    (t) => ({ json: { experiment_id: t.experiment, timestamp_ms: 1, request_metadata: [], tags: [] } }),
    {
      spare: "experiment",
    },
  ),
  op(`GET ${V2}`, "search", (t) => ({ query: { experiment_ids: t.experiment, max_results: "10" } })),
  op(`GET ${V2}/{request_id}/info`, "read", id),
  op(
    `PATCH ${V2}/{request_id}`,
    "write",
    (t) => ({
      ...id(t),
      json: { timestamp_ms: 2, status: "OK", request_metadata: [], tags: [] },
    }),
    { spare: "trace" },
  ),
  op(
    `PATCH ${V2}/{request_id}/tags`,
    "write",
    (t, unique) => ({ ...id(t), json: { key: unique, value: "x" } }),
    {
      spare: "trace",
    },
  ),
  op(`DELETE ${V2}/{request_id}/tags`, "write", (t) => ({ ...id(t), json: { key: "canary" } }), {
    spare: "trace",
  }),
  ...[V2, V3].map((base) =>
    op(
      `POST ${base}/delete-traces`,
      "manage",
      (t) => ({
        json: { experiment_id: t.experiment, request_ids: [t.trace] },
      }),
      { spare: "trace" },
    ),
  ),
  op(`POST ${V2}/link-to-run`, "write", (t) => ({ json: { trace_ids: [t.trace], run_id: t.run } }), {
    spare: "trace",
  }),
  op(
    `POST ${V2}/link-prompts`,
    "write",
    (t) => ({
      json: { trace_id: t.trace, prompt_versions: [{ name: t.prompt, version: "1" }] },
    }),
    { spare: "trace" },
  ),

  op(`POST ${V3}`, "write", (t, unique) => ({ json: newTrace(t, `tr-${unique}-${Date.now()}`, "x") }), {
    spare: "experiment",
  }),
  op(`POST ${V3}`, "write", (t) => ({ json: newTrace(t, t.trace, "overwritten") }), {
    note: "over an existing one",
    spare: "trace",
  }),
  op(`GET ${V3}/{trace_id}`, "read", id),
  // The canary's trace has no spans stored; MLflow says so to those who may read it.
  op(`GET ${V3}/get`, "read", (t) => ({ query: { trace_id: t.trace } }), { through: [500] }),
  op(`GET ${V3}/batchGet`, "read", (t) => ({ query: { trace_ids: t.trace } }), { through: [500] }),
  op(`POST ${V3}/batchGetInfos`, "read", (t) => ({ json: { trace_ids: [t.trace] } })),
  op(`POST ${V3}/search`, "search", (t) => ({ json: { locations: [place(t)], max_results: 10 } })),
  op(`POST ${V3}/metrics`, "search", (t) => ({
    json: {
      experiment_ids: [t.experiment],
      view_type: "TRACES",
      metric_name: "trace_count",
      aggregations: [{ aggregation_type: "COUNT" }],
    },
  })),
  op(`POST ${V3}/calculate-filter-correlation`, "search", (t) => ({
    json: {
      experiment_ids: [t.experiment],
      filter_string1: "status = 'OK'",
      filter_string2: "status = 'ERROR'",
    },
  })),
  op(
    `PATCH ${V3}/{trace_id}/tags`,
    "write",
    (t, unique) => ({ ...id(t), json: { key: unique, value: "x" } }),
    {
      spare: "trace",
    },
  ),
  op(`DELETE ${V3}/{trace_id}/tags`, "write", (t) => ({ ...id(t), json: { key: "canary" } }), {
    spare: "trace",
  }),
  op(
    `POST ${V3}/{trace_id}/assessments`,
    "write",
    (t, unique) => ({
      ...id(t),
      json: {
        assessment: {
          assessment_name: unique,
          trace_id: t.trace,
          source: { source_type: "HUMAN", source_id: "matrix" },
          feedback: { value: "x" },
        },
      },
    }),
    { spare: "trace" },
  ),
  op(`GET ${V3}/{trace_id}/assessments/{assessment_id}`, "read", (t) => ({
    path: { trace_id: t.trace, assessment_id: t.assessment },
  })),
  op(
    `PATCH ${V3}/{trace_id}/assessments/{assessment_id}`,
    "write",
    (t) => ({
      path: { trace_id: t.trace, assessment_id: t.assessment },
      json: { assessment: { assessment_name: "changed", trace_id: t.trace }, update_mask: "assessmentName" },
    }),
    { spare: "trace" },
  ),
  op(
    `DELETE ${V3}/{trace_id}/assessments/{assessment_id}`,
    "write",
    (t) => ({
      path: { trace_id: t.trace, assessment_id: t.assessment },
    }),
    { spare: "trace" },
  ),
  op("GET /api/2.0/mlflow/get-trace-artifact", "read", (t) => ({ query: { request_id: t.trace } }), {
    // The canary's trace has no spans stored; MLflow says so to those who may read it.
    through: [404, 500],
  }),
  op("GET /api/3.0/mlflow/get-trace-artifact", "read", (t) => ({ query: { request_id: t.trace } }), {
    through: [404, 500],
  }),
  op(
    "POST /v1/traces",
    "write",
    (t, unique) => ({
      headers: { "x-mlflow-experiment-id": t.experiment },
      json: {
        resourceSpans: [
          {
            scopeSpans: [
              {
                spans: [
                  {
                    traceId: Buffer.from(unique.padStart(16, "t")).toString("hex").slice(-32),
                    spanId: Buffer.from(unique.padStart(8, "s")).toString("hex").slice(-16),
                    name: "matrix",
                    kind: 1,
                    startTimeUnixNano: "1",
                    endTimeUnixNano: "2",
                  },
                ],
              },
            ],
          },
        ],
      },
    }),
    { spare: "experiment" },
  ),
];
