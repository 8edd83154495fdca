import type { Operation } from "../types";
import { op } from "./define";

const PROXY = "/api/2.0/mlflow-artifacts";
const V2 = "/api/2.0/mlflow";

/** Name of the artifact that every target's run holds. */
export const ARTIFACT = "canary.txt";

/** Artifacts of runs, through MLflow and by presigned address. */
export const ARTIFACTS: readonly Operation[] = [
  op(`GET ${V2}/artifacts/list`, "read", (t) => ({ query: { run_id: t.run } })),
  op(`GET ${V2}/artifacts/list`, "read", (t) => ({ query: { run_uuid: t.run } }), {
    note: "old spelling",
    through: [400],
  }),
  op("GET /get-artifact", "read", (t) => ({ query: { run_uuid: t.run, path: ARTIFACT } })),
  op("GET /get-artifact", "read", (t) => ({ query: { run_id: t.run, path: ARTIFACT } }), {
    note: "new spelling",
  }),
  op("GET /model-versions/get-artifact", "read", (t) => ({
    query: { name: t.model, version: "1", path: ARTIFACT },
  })),
  op(
    `POST ${V2}/upload-artifact`,
    "write",
    (t, unique) => ({
      query: { run_uuid: t.run, path: `${unique}.txt` },
      body: "uploaded",
    }),
    { spare: "run" },
  ),

  op(`GET ${PROXY}/artifacts`, "read", (t) => ({ query: { path: t.folder } })),
  // The plugin answers with the root of the request's own workspace.
  op(`GET ${PROXY}/artifacts`, "search", {}, { note: "whole bucket" }),
  op(
    `GET ${PROXY}/artifacts`,
    "platform",
    { query: { path: "workspaces" } },
    { note: "all workspaces", through: [400] },
  ),
  op(`GET ${PROXY}/artifacts/{artifact_path}`, "read", (t) => ({
    path: { artifact_path: `${t.folder}/${ARTIFACT}` },
  })),
  op(
    `PUT ${PROXY}/artifacts/{artifact_path}`,
    "write",
    (t, unique) => ({
      path: { artifact_path: `${t.folder}/${unique}.txt` },
      body: "uploaded",
    }),
    { spare: "run" },
  ),
  op(
    `DELETE ${PROXY}/artifacts/{artifact_path}`,
    "manage",
    (t) => ({
      path: { artifact_path: `${t.folder}/${ARTIFACT}` },
    }),
    { spare: "run" },
  ),
  // Clients are told that there are none (server-info); who may write still gets an answer.
  op(
    `POST ${PROXY}/mpu/create/{artifact_path}`,
    "write",
    (t, unique) => ({
      path: { artifact_path: t.folder },
      json: { path: `${unique}.bin`, num_parts: 1 },
    }),
    { spare: "run" },
  ),
  op(
    `POST ${PROXY}/mpu/complete/{artifact_path}`,
    "write",
    (t) => ({
      path: { artifact_path: t.folder },
      json: { path: "none.bin", upload_id: "none", parts: [{ part_number: 1, etag: "e", url: "" }] },
    }),
    { spare: "run", through: [400, 404, 500] },
  ),
  op(
    `POST ${PROXY}/mpu/abort/{artifact_path}`,
    "write",
    (t) => ({
      path: { artifact_path: t.folder },
      json: { path: "none.bin", upload_id: "none" },
    }),
    { spare: "run", through: [400, 404, 500] },
  ),
  op(`GET ${PROXY}/presigned/{artifact_path}`, "read", (t) => ({
    path: { artifact_path: `${t.folder}/${ARTIFACT}` },
  })),
  op(
    `POST ${V2}/artifacts/presigned-download-url`,
    "read",
    (t) => ({ json: { run_id: t.run, path: ARTIFACT } }),
    {
      // There are none for artifacts that MLflow itself passes on.
      through: [400],
    },
  ),
  op(
    `POST ${V2}/artifacts/presigned-upload-url`,
    "write",
    (t) => ({ json: { run_id: t.run, path: "up.txt" } }),
    {
      // There are none for artifacts that MLflow itself passes on.
      through: [400],
      spare: "run",
    },
  ),
];
