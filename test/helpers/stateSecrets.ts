import { type State, resourcesOf } from "../../cli/engine/recovery/state";

/** A secret of a state, and the resource that made it. */
export interface FoundSecret {
  readonly urn: string;
  readonly value: string;
}

/** Outputs in which a type of resource gives the secret that it has made. */
const MADE: Readonly<Record<string, readonly string[]>> = {
  "random:index/randomPassword:RandomPassword": ["result", "bcryptHash"],
  "tls:index/privateKey:PrivateKey": ["privateKeyPem", "privateKeyOpenssh"],
  "keycloak:openid/client:Client": ["clientSecret"],
};

/**
 * The secrets that a deployment has generated: passwords, keys, secrets of clients.
 *
 * @param state - with secrets in clear
 */
export function generatedIn(state: State): FoundSecret[] {
  return resourcesOf(state).flatMap(({ urn, type, outputs = {} }) =>
    (MADE[type] ?? []).flatMap((name) => {
      const value = opened(outputs[name]);
      return typeof value === "string" && value !== "" ? [{ urn: `${urn}#${name}`, value }] : [];
    }),
  );
}

/** The value in the envelope that marks a secret. */
function opened(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("plaintext" in value)) return value;
  return JSON.parse(String(value.plaintext));
}
