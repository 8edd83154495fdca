import type { Operation } from "../types";
import { each, op } from "./define";

const MODELS = "/api/2.0/mlflow/registered-models";
const VERSIONS = "/api/2.0/mlflow/model-versions";
const WEBHOOKS = "/api/2.0/mlflow/webhooks";

const named = (t: { model: string }): { name: string } => ({ name: t.model });
const version = (t: { model: string }): { name: string; version: string } => ({
  name: t.model,
  version: "1",
});

/** Registered models, their versions, and prompts, which MLflow keeps as models. */
export const REGISTRY: readonly Operation[] = [
  op(`POST ${MODELS}/create`, "create", (_t, unique) => ({ json: { name: `matrix-${unique}` } })),
  op(
    `POST ${MODELS}/create`,
    "create",
    (_t, unique) => ({
      json: { name: `matrix-prompt-${unique}`, tags: [{ key: "mlflow.prompt.is_prompt", value: "true" }] },
    }),
    { note: "prompt" },
  ),
  op(`GET ${MODELS}/search`, "search", { query: { max_results: "1000" } }),
  op(`GET ${MODELS}/search`, "search", (t) => ({ query: { filter: `name='${t.model}'` } }), {
    note: "by name",
  }),
  op(
    `GET ${MODELS}/search`,
    "search",
    { query: { filter: "tags.`mlflow.prompt.is_prompt` = 'true'" } },
    {
      note: "prompts",
    },
  ),
  op(`GET ${MODELS}/get`, "read", (t) => ({ query: named(t) })),
  op(`GET ${MODELS}/get`, "read", (t) => ({ query: { name: t.prompt } }), { note: "prompt" }),
  op(`GET ${MODELS}/get-latest-versions`, "read", (t) => ({ query: named(t) })),
  op(`POST ${MODELS}/get-latest-versions`, "read", (t) => ({ json: named(t) })),
  op(`PATCH ${MODELS}/update`, "write", (t) => ({ json: { ...named(t), description: "changed" } }), {
    spare: "model",
  }),
  op(`PATCH ${MODELS}/update`, "write", (t) => ({ json: { name: t.prompt, description: "changed" } }), {
    note: "prompt",
    spare: "prompt",
  }),
  op(
    `POST ${MODELS}/rename`,
    "write",
    (t, unique) => ({ json: { ...named(t), new_name: `renamed-${unique}` } }),
    {
      spare: "model",
    },
  ),
  op(`POST ${MODELS}/set-tag`, "write", (t, unique) => ({ json: { ...named(t), key: unique, value: "x" } }), {
    spare: "model",
  }),
  op(`DELETE ${MODELS}/delete-tag`, "write", (t) => ({ json: { ...named(t), key: "canary" } }), {
    spare: "model",
  }),
  op(`POST ${MODELS}/alias`, "write", (t) => ({ json: { ...version(t), alias: "changed" } }), {
    spare: "model",
  }),
  op(`GET ${MODELS}/alias`, "read", (t) => ({ query: { ...named(t), alias: "canary" } })),
  op(`DELETE ${MODELS}/alias`, "manage", (t) => ({ json: { ...named(t), alias: "canary" } }), {
    spare: "model",
  }),
  op(`DELETE ${MODELS}/delete`, "manage", (t) => ({ json: named(t) }), { spare: "model" }),
  op(`DELETE ${MODELS}/delete`, "manage", (t) => ({ json: { name: t.prompt } }), {
    note: "prompt",
    spare: "prompt",
  }),

  op(
    `POST ${VERSIONS}/create`,
    "write",
    (t) => ({ json: { ...named(t), source: `runs:/${t.run}/m`, run_id: t.run } }),
    {
      spare: "model",
      // A version's source must be a logged model or an artifact; who may create one is told so.
      through: [400],
    },
  ),
  op(
    `POST ${VERSIONS}/create`,
    "write",
    (t, unique) => ({
      json: {
        name: t.prompt,
        source: "prompt-template",
        tags: [
          { key: "mlflow.prompt.is_prompt", value: "true" },
          { key: "mlflow.prompt.text", value: `text ${unique}` },
        ],
      },
    }),
    { note: "prompt", spare: "prompt" },
  ),
  op(`GET ${VERSIONS}/get`, "read", (t) => ({ query: version(t) })),
  op(`GET ${VERSIONS}/get`, "read", (t) => ({ query: { name: t.prompt, version: "1" } }), { note: "prompt" }),
  op(`GET ${VERSIONS}/get-download-uri`, "read", (t) => ({ query: version(t) })),
  op(`GET ${VERSIONS}/search`, "search", { query: { max_results: "1000" } }),
  op(`GET ${VERSIONS}/search`, "search", (t) => ({ query: { filter: `run_id='${t.run}'` } }), {
    note: "by run",
  }),
  op(`PATCH ${VERSIONS}/update`, "write", (t) => ({ json: { ...version(t), description: "changed" } }), {
    spare: "model",
  }),
  op(
    `POST ${VERSIONS}/transition-stage`,
    "write",
    (t) => ({
      json: { ...version(t), stage: "Production", archive_existing_versions: false },
    }),
    { spare: "model" },
  ),
  op(
    `POST ${VERSIONS}/set-tag`,
    "write",
    (t, unique) => ({ json: { ...version(t), key: unique, value: "x" } }),
    {
      spare: "model",
    },
  ),
  op(`DELETE ${VERSIONS}/delete-tag`, "manage", (t) => ({ json: { ...version(t), key: "canary" } }), {
    spare: "model",
  }),
  op(`DELETE ${VERSIONS}/delete`, "manage", (t) => ({ json: version(t) }), { spare: "model" }),

  // Webhooks of MLflow hear of every team's models: the plugin keeps them for administrators.
  ...each([`GET ${WEBHOOKS}`], "platform"),
  op(`POST ${WEBHOOKS}`, "platform", (_t, unique) => ({
    json: {
      name: unique,
      url: "https://collector.invalid/",
      events: [{ entity: "MODEL_VERSION", action: "CREATED" }],
    },
  })),
  op(`GET ${WEBHOOKS}/{webhook_id}`, "platform", (t) => ({ path: { webhook_id: t.webhook } }), {
    through: [404],
  }),
  ...each(
    [
      `PATCH ${WEBHOOKS}/{webhook_id}`,
      `DELETE ${WEBHOOKS}/{webhook_id}`,
      `POST ${WEBHOOKS}/{webhook_id}/test`,
    ],
    "platform",
    (t) => ({ path: { webhook_id: t.webhook }, json: {} }),
  ),
];
