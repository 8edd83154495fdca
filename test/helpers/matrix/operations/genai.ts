import type { Operation, Target } from "../types";
import { each, op } from "./define";

const V3 = "/api/3.0/mlflow";

/** What a scorer looks like in storage. */
export const SCORER = JSON.stringify({
  name: "canary",
  instructions_judge_pydantic_data: { instructions: "Is {{ outputs }} good?", model: "openai:/none" },
  mlflow_version: "3.17.2",
  serialization_version: 1,
});

const scorer = (t: Target): { experiment_id: string; name: string } => ({
  experiment_id: t.experiment,
  name: t.scorer,
});

/** Scorers, issues, label schemas and review queues: all of one experiment. */
const REVIEWS: readonly Operation[] = [
  op(
    `POST ${V3}/scorers/register`,
    "write",
    (t, unique) => ({
      json: { experiment_id: t.experiment, name: unique, serialized_scorer: SCORER },
    }),
    { spare: "experiment" },
  ),
  op(`GET ${V3}/scorers/list`, "search", (t) => ({ query: { experiment_id: t.experiment } })),
  op(`GET ${V3}/scorers/get`, "read", (t) => ({ query: scorer(t) })),
  op(`GET ${V3}/scorers/versions`, "read", (t) => ({ query: scorer(t) })),
  op(`DELETE ${V3}/scorers/delete`, "manage", (t) => ({ json: scorer(t) }), { spare: "scorer" }),
  op(
    `GET ${V3}/scorers/online-configs`,
    "search",
    (t) => ({ query: { experiment_id: t.experiment, scorer_ids: t.scorer } }),
    {
      // Known by an id that only the server's own jobs use.
      through: [400, 403],
    },
  ),
  op(`PUT ${V3}/scorers/online-config`, "write", (t) => ({ json: { ...scorer(t), sample_rate: 0 } }), {
    spare: "scorer",
    through: [400, 403],
  }),

  op(
    `POST ${V3}/issues`,
    "write",
    (t, unique) => ({
      json: { experiment_id: t.experiment, name: unique, description: "x", status: "pending" },
    }),
    { spare: "experiment" },
  ),
  op(`POST ${V3}/issues/search`, "search", (t) => ({ json: { experiment_id: t.experiment } })),
  op(`GET ${V3}/issues/{issue_id}`, "read", (t) => ({ path: { issue_id: t.issue } })),
  op(
    `PATCH ${V3}/issues/{issue_id}`,
    "write",
    (t, unique) => ({ path: { issue_id: t.issue }, json: { issue_id: t.issue, name: unique } }),
    { spare: "issue" },
  ),

  // The sign-on plugin leaves schemas to those who hold MANAGE on the experiment.
  op(`POST ${V3}/label-schemas/create`, "manage", (t, unique) => ({
    json: { experiment_id: t.experiment, name: unique, type: "FEEDBACK", input: { text: {} } },
  })),
  op(`GET ${V3}/label-schemas/get`, "read", (t) => ({ query: { schema_id: t.schema } })),
  op(`GET ${V3}/label-schemas/get-by-name`, "read", (t) => ({
    query: { experiment_id: t.experiment, name: t.schemaName },
  })),
  op(`GET ${V3}/label-schemas/list`, "read", (t) => ({ query: { experiment_id: t.experiment } })),
  op(
    `PATCH ${V3}/label-schemas/update`,
    "manage",
    (t, unique) => ({
      json: { schema_id: t.schema, instruction: unique },
    }),
    { spare: "schema" },
  ),
  op(`DELETE ${V3}/label-schemas/delete`, "manage", (t) => ({ json: { schema_id: t.schema } }), {
    spare: "schema",
  }),

  op(
    `POST ${V3}/review-queues/create`,
    "write",
    (t, unique) => ({
      json: { experiment_id: t.experiment, name: unique, queue_type: "CUSTOM" },
    }),
    { spare: "experiment" },
  ),
  op(
    `POST ${V3}/review-queues/get-or-create-user`,
    "write",
    (t) => ({
      json: { experiment_id: t.experiment, user: t.username },
    }),
    { spare: "experiment", through: [403] },
  ),
  op(`GET ${V3}/review-queues/get`, "read", (t) => ({ query: { queue_id: t.queue } }), { through: [403] }),
  op(
    `GET ${V3}/review-queues/get-by-name`,
    "read",
    (t) => ({
      query: { experiment_id: t.experiment, name: t.queueName },
    }),
    { through: [403] },
  ),
  op(`GET ${V3}/review-queues/list`, "read", (t) => ({ query: { experiment_id: t.experiment } })),
  op(`GET ${V3}/review-queues/items/list`, "read", (t) => ({ query: { queue_id: t.queue } }), {
    through: [403],
  }),
  op(
    `POST ${V3}/review-queues/update`,
    "manage",
    (t, unique) => ({ json: { queue_id: t.queue, name: unique } }),
    {
      spare: "queue",
    },
  ),
  op(`POST ${V3}/review-queues/delete`, "manage", (t) => ({ json: { queue_id: t.queue } }), {
    spare: "queue",
  }),
  ...(
    [
      ["add", "write"],
      ["remove", "manage"],
    ] as const
  ).map(([verb, kind]) =>
    op(
      `POST ${V3}/review-queues/items/${verb}`,
      kind,
      (t) => ({ json: { queue_id: t.queue, item_type: "TRACE", item_ids: [t.trace] } }),
      { spare: "queue", through: [400, 404] },
    ),
  ),
  op(
    `POST ${V3}/review-queues/items/set-status`,
    "write",
    (t) => ({
      json: { queue_id: t.queue, item_id: t.trace, status: "COMPLETE" },
    }),
    { spare: "queue", through: [400, 403, 404] },
  ),
];

/** Jobs on the server, which are switched off, and what starts them. */
const JOBS: readonly Operation[] = [
  ...each(
    [
      `POST ${V3}/genai/evaluate/invoke`,
      `POST ${V3}/issues/invoke`,
      `POST ${V3}/scorer/invoke`,
      `GET ${V3}/jobs/{job_id}`,
      `PATCH ${V3}/jobs/cancel/{job_id}`,
      "POST /api/3.0/jobs/",
      "GET /api/3.0/jobs/{job_id}",
      "PATCH /api/3.0/jobs/cancel/{job_id}",
      `POST ${V3}/prompt-optimization/jobs`,
      `GET ${V3}/prompt-optimization/jobs/{job_id}`,
      `DELETE ${V3}/prompt-optimization/jobs/{job_id}`,
      `POST ${V3}/prompt-optimization/jobs/{job_id}/cancel`,
    ],
    "off",
    (t) => ({
      path: { job_id: "none" },
      json: {
        experiment_id: t.experiment,
        trace_ids: [t.trace],
        job_name: "x",
        params: {},
        serialized_scorer: SCORER,
      },
    }),
  ),
  op("POST /api/3.0/jobs/search", "search", { json: {} }),
  op(
    `GET ${V3}/prompt-optimization/jobs/search`,
    "search",
    (t) => ({ query: { experiment_id: t.experiment } }),
    {
      through: [501],
    },
  ),
  op(
    `POST ${V3}/prompt-optimization/jobs/search`,
    "search",
    (t) => ({ json: { experiment_id: t.experiment } }),
    {
      through: [501],
    },
  ),
];

export const GENAI: readonly Operation[] = [...REVIEWS, ...JOBS];
