import type { Operation } from "../types";
import { each, op } from "./define";

const GATEWAY = "/api/3.0/mlflow/gateway";

/** Verbs of each resource of the AI gateway, which is switched off. */
const VERBS: Readonly<Record<string, readonly string[]>> = {
  secrets: ["POST create", "GET get", "POST update", "DELETE delete", "GET list", "GET config"],
  "model-definitions": ["POST create", "GET get", "POST update", "DELETE delete", "GET list"],
  endpoints: [
    ...["POST create", "GET get", "POST update", "DELETE delete", "GET list"],
    ...["POST models/attach", "POST models/detach", "POST set-tag", "DELETE delete-tag"],
    ...["POST bindings/create", "DELETE bindings/delete", "GET bindings/list"],
  ],
  budgets: ["POST create", "GET get", "POST update", "DELETE delete", "GET list", "GET windows"],
  guardrails: [
    ...["POST create", "GET get", "DELETE delete", "GET list", "PATCH update-config"],
    ...["POST add-to-endpoint", "DELETE remove-from-endpoint", "GET list-for-endpoint"],
  ],
};

/** Routes of the AI gateway and of the demo data: switched off, or for administrators. */
export const GATEWAY_OPERATIONS: readonly Operation[] = [
  ...each(
    Object.entries(VERBS).flatMap(([resource, verbs]) =>
      verbs.map((verb) => verb.replace(" ", ` ${GATEWAY}/${resource}/`)),
    ),
    "off",
    { json: {} },
  ),
  op("GET /api/2.0/mlflow/gateway-proxy", "platform"),
  op("POST /api/2.0/mlflow/gateway-proxy", "platform", { json: {} }),
  ...each(
    [
      `GET ${GATEWAY}/provider-config`,
      `GET ${GATEWAY}/supported-models`,
      `GET ${GATEWAY}/supported-providers`,
      "POST /gateway/anthropic/v1/messages",
      "POST /gateway/gemini/v1beta/models/{endpoint_name}:generateContent",
      "POST /gateway/gemini/v1beta/models/{endpoint_name}:streamGenerateContent",
      "POST /gateway/mlflow/v1/chat/completions",
      "GET /gateway/mlflow/v1/models",
      "POST /gateway/openai/v1/chat/completions",
      "POST /gateway/openai/v1/embeddings",
      "POST /gateway/openai/v1/responses",
      "POST /gateway/openai/v1/responses/compact",
      "POST /gateway/proxy/{endpoint_name}/{path}",
      "POST /gateway/typesafe/v1/systemone",
      "POST /gateway/{endpoint_name}/mlflow/invocations",
    ],
    "off",
    { path: { endpoint_name: "none", path: "v1" }, json: { model: "none", messages: [] } },
  ),
];
