import type { Operation, Target } from "../types";
import { op } from "./define";

const V2 = "/api/2.0/mlflow";
const V3 = "/api/3.0/mlflow";

const data = (t: Target): { path: Record<string, string> } => ({ path: { dataset_id: t.dataset } });
const logged = (t: Target): { path: Record<string, string> } => ({ path: { model_id: t.loggedModel } });

/** Logged models. */
export const LOGGED_MODELS: readonly Operation[] = [
  op(
    `POST ${V2}/logged-models`,
    "write",
    (t, unique) => ({ json: { experiment_id: t.experiment, name: unique } }),
    {
      spare: "experiment",
    },
  ),
  op(`POST ${V2}/logged-models/search`, "search", (t) => ({ json: { experiment_ids: [t.experiment] } })),
  op(`GET ${V2}/logged-models/{model_id}`, "read", logged),
  op(
    `PATCH ${V2}/logged-models/{model_id}`,
    "write",
    (t) => ({
      ...logged(t),
      json: { model_id: t.loggedModel, status: "LOGGED_MODEL_READY" },
    }),
    { spare: "loggedModel" },
  ),
  op(`DELETE ${V2}/logged-models/{model_id}`, "manage", logged, { spare: "loggedModel" }),
  op(`GET ${V2}/logged-models/{model_id}/artifacts/directories`, "read", logged),
  op(`GET ${V2}/logged-models/{model_id}/artifacts/files`, "read", (t) => ({
    ...logged(t),
    query: { artifact_file_path: "canary.txt" },
  })),
  op(
    `POST ${V2}/logged-models/{model_id}/params`,
    "write",
    (t, unique) => ({
      ...logged(t),
      json: { model_id: t.loggedModel, params: [{ key: unique, value: "x" }] },
    }),
    { spare: "loggedModel" },
  ),
  op(
    `PATCH ${V2}/logged-models/{model_id}/tags`,
    "write",
    (t, unique) => ({
      ...logged(t),
      json: { model_id: t.loggedModel, tags: [{ key: unique, value: "x" }] },
    }),
    { spare: "loggedModel" },
  ),
  op(
    `DELETE ${V2}/logged-models/{model_id}/tags/{tag_key}`,
    "manage",
    (t) => ({
      path: { model_id: t.loggedModel, tag_key: "canary" },
    }),
    { spare: "loggedModel" },
  ),
];

/** Evaluation datasets. */
export const DATASETS: readonly Operation[] = [
  op(`POST ${V3}/datasets/create`, "write", (t, unique) => ({
    json: { name: unique, experiment_ids: [t.experiment] },
  })),
  op(`GET ${V3}/datasets/search`, "search", (t) => ({ query: { experiment_ids: t.experiment } })),
  op(`POST ${V3}/datasets/search`, "search", (t) => ({ json: { experiment_ids: [t.experiment] } })),
  op(`GET ${V3}/datasets/{dataset_id}`, "read", data),
  op(`GET ${V3}/datasets/{dataset_id}/records`, "read", data),
  op(`GET ${V3}/datasets/{dataset_id}/experiment-ids`, "read", data),
  op(`DELETE ${V3}/datasets/{dataset_id}`, "manage", data, { spare: "dataset" }),
  op(
    `POST ${V3}/datasets/{dataset_id}/records`,
    "write",
    (t, unique) => ({
      ...data(t),
      json: { dataset_id: t.dataset, records: JSON.stringify([{ inputs: { question: unique } }]) },
    }),
    { spare: "dataset" },
  ),
  op(
    `DELETE ${V3}/datasets/{dataset_id}/records`,
    "write",
    (t) => ({
      ...data(t),
      json: { dataset_id: t.dataset, dataset_record_ids: [t.record] },
    }),
    { spare: "dataset" },
  ),
  op(
    `PATCH ${V3}/datasets/{dataset_id}/tags`,
    "write",
    (t, unique) => ({
      ...data(t),
      json: { dataset_id: t.dataset, tags: JSON.stringify({ [unique]: "x" }) },
    }),
    { spare: "dataset" },
  ),
  op(
    `DELETE ${V3}/datasets/{dataset_id}/tags/{key}`,
    "write",
    (t) => ({
      path: { dataset_id: t.dataset, key: "canary" },
    }),
    { spare: "dataset" },
  ),
  ...["add", "remove"].map((verb) =>
    op(
      `POST ${V3}/datasets/{dataset_id}/${verb}-experiments`,
      "write",
      (t) => ({
        ...data(t),
        json: { dataset_id: t.dataset, experiment_ids: [t.experiment] },
      }),
      // MLflow compares a number with a text there, which Postgres refuses.
      { spare: "dataset", through: [400] },
    ),
  ),
];
