import type { Role } from "../config/settings";

/**
 * Names that the engine, Keycloak and MinIO see. All carry the stack's name, so that two stacks on one host
 * share nothing.
 */

/** Prefix of every container, volume and network of a stack. */
export function stackPrefix(stack: string): string {
  return `mlflow-platform-${stack}`;
}

/** Name of a container, volume or network, such as `mlflow-platform-dev-postgres`. */
export function objectName(stack: string, service: string): string {
  return `${stackPrefix(stack)}-${service}`;
}

/** Name of the realm. Keycloak's cookies carry its path, so stacks on one host name keep separate logins. */
export function realmName(stack: string): string {
  return `mlflow-${stack}`;
}

/** Name of MLflow's session cookie: cookies ignore ports, so each stack on one host name needs its own. */
export function sessionCookieName(stack: string): string {
  return `mlflow_session_${stack.replaceAll("-", "_")}`;
}

/** Bucket of the `proxied` mode, which all teams share under prefixes. */
export const ARTIFACT_BUCKET = "mlflow-artifacts";

/** Pattern, for policies, of every bucket of the platform: the shared one and those of all teams. */
export const ALL_BUCKETS = "mlflow-*";

/** A team's own bucket. */
export function teamBucket(team: string): string {
  return `mlflow-${team}`;
}

/**
 * Keycloak group of a team's role. Names of teams have no dot, so that no team can be called like another one's
 * group.
 */
export function teamGroup(team: string, role: Role): string {
  return role === "member" ? team : `${team}.${role}s`;
}

/** MinIO policy of a team's role; it is also a value of the group's `policy` attribute. */
export function rolePolicy(team: string, role: Role): string {
  return `${{ reader: "read", member: "team", admin: "admin" }[role]}-${team}`;
}

/**
 * MinIO policy that everybody's token names. It denies everything to the subjects that the warden lists in it,
 * also for temporary credentials that were given before.
 */
export const REVOKED_POLICY = "revoked";

/** MinIO policy of the platform's administrators. */
export const ADMINS_POLICY = "platform-admins";

/** MLflow's name for the service account of a Keycloak client. */
export function serviceAccountUser(clientId: string): string {
  return `service-account-${clientId}`;
}

/** Where the artifacts of a team lie: its own bucket in `direct` mode, a prefix of the shared one in `proxied`. */
export function artifactRoot(mode: "proxied" | "direct", team: string): string {
  return mode === "direct" ? `s3://${teamBucket(team)}` : `s3://${ARTIFACT_BUCKET}/workspaces/${team}`;
}

/** Label with the stack's name on everything that a stack has on an engine. */
export const STACK_LABEL = "mlflow-platform.stack";
/** Label with the Pulumi name of the resource that made an object. */
export const RESOURCE_LABEL = "mlflow-platform.resource";

/** Labels that tie an object of the engine to the stack and the resource that made it. */
export function objectLabels(
  stack: string,
  service: string,
  resource: string,
): Readonly<Record<string, string>> {
  return {
    [RESOURCE_LABEL]: resource,
    "mlflow-platform.service": service,
    [STACK_LABEL]: stack,
  };
}
