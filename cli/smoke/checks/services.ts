import { z } from "zod";
import type { Check } from "../check";
import { expectStatus, http, jsonOf } from "../http";

const discoverySchema = z.looseObject({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  device_authorization_endpoint: z.url(),
});
const consoleLoginSchema = z.looseObject({
  loginStrategy: z.string(),
  redirectRules: z
    .array(z.looseObject({ redirect: z.string() }))
    .nullish()
    .transform((rules) => rules ?? []),
});

/** MLflow answers, and sends somebody without a session to Keycloak. */
export const mlflowAnswers: Check = {
  id: "mlflow",
  title: "MLflow answers and sends a newcomer to Keycloak",
  needs: [],
  async run({ outputs, signal, reach }) {
    const { mlflow } = outputs.urls;
    let at = `${mlflow}/`;
    // To the sign-in route, perhaps by way of the sign-on pages, and from there to Keycloak.
    for (let hop = 0; hop < 5; hop++) {
      const answer = await http(at, { headers: { Accept: "text/html" }, signal, reach });
      expectStatus(answer, `GET ${at}`, [301, 302, 303, 307, 308]);
      at = new URL(answer.headers.get("location") ?? "", at).href;
      if (at.startsWith(`${outputs.oidc.issuer}/protocol/openid-connect/auth?`)) {
        const client = new URL(at).searchParams.get("client_id");
        if (client !== outputs.oidc.clientId) {
          throw new Error(
            `MLflow signs people in as client ${client ?? "(none)"}, not ${outputs.oidc.clientId}`,
          );
        }
        return mlflow;
      }
    }
    throw new Error(`${mlflow}/ leads to ${at.replace(/\?.*$/, "")} and not to ${outputs.oidc.issuer}`);
  },
};

/** Keycloak's discovery document carries the issuer that tokens are checked against, and public addresses. */
export const authAnswers: Check = {
  id: "auth",
  title: "Keycloak answers with the right issuer",
  needs: [],
  async run({ outputs, signal, reach }) {
    const { issuer } = outputs.oidc;
    const answer = await http(`${issuer}/.well-known/openid-configuration`, { signal, reach });
    const document = discoverySchema.parse(jsonOf(answer, "Keycloak's discovery document"));
    if (document.issuer !== issuer) {
      throw new Error(
        `the issuer is ${document.issuer}, but MLflow expects ${issuer}: every sign-in would be refused`,
      );
    }
    for (const endpoint of [
      document.authorization_endpoint,
      document.token_endpoint,
      document.device_authorization_endpoint,
    ]) {
      if (!endpoint.startsWith(`${issuer}/`)) {
        throw new Error(`${endpoint} is not below ${issuer}: people could not reach it`);
      }
    }
    return issuer;
  },
};

/** The object store answers on its public URL. */
export const s3Answers: Check = {
  id: "s3",
  title: "the object store answers",
  needs: [],
  async run({ outputs, signal, reach }) {
    const answer = await http(`${outputs.urls.s3}/minio/health/live`, { signal, reach });
    expectStatus(answer, "the object store's health page", [200]);
    return outputs.urls.s3;
  },
};

/** The console offers single sign-on: without Keycloak's discovery it would silently ask for a key instead. */
export const consoleAnswers: Check = {
  id: "console",
  title: "the object store's console answers and signs in by Keycloak",
  needs: [],
  async run({ outputs, signal, reach }) {
    const answer = await http(`${outputs.urls.console}/api/v1/login`, { signal, reach });
    const { loginStrategy, redirectRules } = consoleLoginSchema.parse(
      jsonOf(answer, "the console's way of signing in"),
    );
    const target = redirectRules[0]?.redirect ?? "";
    if (loginStrategy !== "redirect" || !target.startsWith(`${outputs.oidc.issuer}/`)) {
      throw new Error(
        `the console signs in by "${loginStrategy}"${target === "" ? "" : ` at ${target.replace(/\?.*$/, "")}`}, not at ${outputs.oidc.issuer}; ` +
          "it asks Keycloak when it starts, so restart it once Keycloak is healthy",
      );
    }
    return outputs.urls.console;
  },
};
