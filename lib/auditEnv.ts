/** Keycloak client by which the audit service reads events and names users. */
export const AUDIT_CLIENT = "mlflow-audit";
/** Port of the audit service inside the network. */
export const AUDIT_PORT = 8091;
/** Where the stream lies in the service's container, one file per day. */
export const AUDIT_FOLDER = "/var/lib/audit";

export interface AuditEnvArgs {
  /** Keycloak inside the network, no trailing slash. */
  readonly keycloakUrl: string;
  readonly realm: string;
  /** Days for which the stream is kept. */
  readonly days: number;
  /** Name of the object store's root key. */
  readonly storeRoot: string;
  /** Name of MLflow's own key in the object store. */
  readonly storeServer: string;
}

/** The environment of the audit service, without its secrets, which come as files. */
export function auditEnv(args: AuditEnvArgs): Record<string, string> {
  return {
    KEYCLOAK_URL: args.keycloakUrl,
    KEYCLOAK_REALM: args.realm,
    KEYCLOAK_CLIENT_ID: AUDIT_CLIENT,
    AUDIT_DAYS: String(args.days),
    MINIO_ROOT_USER: args.storeRoot,
    MINIO_SERVER_USER: args.storeServer,
  };
}

/**
 * What makes the object store tell the audit service of each request. Entries wait on the store's own volume until
 * they have been taken, so neither waits for the other.
 */
export function auditWebhookEnv(): Record<string, string> {
  return {
    MINIO_AUDIT_WEBHOOK_ENABLE_AUDIT: "on",
    MINIO_AUDIT_WEBHOOK_ENDPOINT_AUDIT: `http://audit:${AUDIT_PORT}/minio`,
    // No name of a bucket begins with a dot, so the store does not take this folder for one.
    MINIO_AUDIT_WEBHOOK_QUEUE_DIR_AUDIT: "/data/.audit-queue",
    // Batches, of which there is at most one a second while there is little to do: enough for 14 hours.
    MINIO_AUDIT_WEBHOOK_QUEUE_SIZE_AUDIT: "50000",
    MINIO_AUDIT_WEBHOOK_BATCH_SIZE_AUDIT: "100",
  };
}
