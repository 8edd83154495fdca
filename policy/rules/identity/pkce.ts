import type { Rule } from "../../rule";
import { type Resource, TYPES } from "../../resource";
import { UNKNOWN, fields, isTrue, text } from "../../values";

/**
 * The one client that cannot: MinIO's console sends no challenge, so none can be required of it. It has a secret and
 * one exact redirect URI, and is known by the component that makes it.
 */
function isConsole({ chain, name, props }: Resource): boolean {
  return (
    chain === `mlflow-platform:identity:Identity$mlflow-platform:identity:Clients$${TYPES.client}` &&
    name === "identity-clients-minio" &&
    text(props["clientId"]) === "minio" &&
    text(props["accessType"])?.toUpperCase() === "CONFIDENTIAL"
  );
}

/** Keys of `extraConfig`, which the provider writes over the properties. */
const METHOD = "pkce.code.challenge.method";

export const pkce: Rule = {
  name: "pkce",
  area: "identity",
  what: "Every client with a browser or device flow, and every public one, must use PKCE with S256. Only MinIO's console cannot.",
  why: "Without it, who catches a code on the way to a client has its tokens.",
  remedy: "Set pkceCodeChallengeMethod to S256.",
  types: [TYPES.client],
  check: (resource) => {
    const { props } = resource;
    const flows =
      isTrue(props["standardFlowEnabled"]) || isTrue(props["oauth2DeviceAuthorizationGrantEnabled"]);
    const isPublic = text(props["accessType"])?.toUpperCase() === "PUBLIC";
    if ((!flows && !isPublic) || isConsole(resource)) return [];
    const { pkceCodeChallengeMethod, extraConfig } = props;
    const extra = fields(extraConfig)[METHOD];
    const method = extra ?? pkceCodeChallengeMethod;
    if (method === UNKNOWN || text(method) === "S256") return [];
    return [
      `it requires ${text(method) ? `the challenge ${text(method) ?? ""}` : "no challenge"} instead of S256`,
    ];
  },
};
