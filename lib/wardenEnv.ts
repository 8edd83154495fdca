import { ADMINS_GROUP, USERS_GROUP } from "../config/schema";
import { AUDIT_PORT } from "./auditEnv";
import { INTERNAL_PORT } from "./endpoints";
import { STS_HOURS } from "./minioEnv";
import { PLATFORM_ACCOUNTS, S3_REGION, WARDEN_CLIENT } from "./mlflowEnv";
import { REVOKED_POLICY } from "./names";

/** Minutes for which the realm's access tokens are valid. The warden waits for their end. */
export const ACCESS_TOKEN_MINUTES = 5;
/** Name of the warden's key in the object store. */
export const WARDEN_USER = "mlflow-warden";

export interface WardenEnvArgs {
  readonly realm: string;
  /** The realm's public issuer, by which the object store tells the owners of temporary credentials apart. */
  readonly issuer: string;
}

/** The environment of the warden, without its secrets, which come as files. */
export function wardenEnv(args: WardenEnvArgs): Record<string, string> {
  return {
    KEYCLOAK_URL: `http://keycloak:${INTERNAL_PORT.keycloak}`,
    KEYCLOAK_REALM: args.realm,
    OIDC_ISSUER: args.issuer,
    OIDC_CLIENT_ID: WARDEN_CLIENT,
    MLFLOW_URL: `http://mlflow:${INTERNAL_PORT.mlflow}`,
    MINIO_URL: `http://minio:${INTERNAL_PORT.minio}`,
    MINIO_REGION: S3_REGION,
    MINIO_ACCESS_KEY: WARDEN_USER,
    AUDIT_URL: `http://audit:${AUDIT_PORT}/events`,
    USERS_GROUP,
    ADMINS_GROUP,
    REVOKED_POLICY,
    OWN_ACCOUNTS: PLATFORM_ACCOUNTS.join(","),
    TOKEN_SECONDS: String(ACCESS_TOKEN_MINUTES * 60),
    CREDENTIAL_SECONDS: String(STS_HOURS * 3600),
  };
}
