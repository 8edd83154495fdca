import { ADMINS_GROUP, USERS_GROUP } from "../config/schema";
import { keepsSecureCookies } from "./addresses";
import { AUDIT_PORT } from "./auditEnv";
import { ARTIFACT_BUCKET, serviceAccountUser, sessionCookieName } from "./names";

/** Audience that every token for MLflow must carry; only clients that may call MLflow add it. */
export const MLFLOW_AUDIENCE = "mlflow-api";
/** Keycloak client of MLflow's browser login. */
export const MLFLOW_CLIENT = "mlflow";
/** Keycloak client with which this program configures MLflow. */
export const PROVISIONER_CLIENT = "mlflow-provisioner";
/** Keycloak client with which the warden reads the realm and changes MLflow's accounts. */
export const WARDEN_CLIENT = "mlflow-warden";
/** Accounts of MLflow that are the platform's own: administrators that no person is. */
export const PLATFORM_ACCOUNTS = [PROVISIONER_CLIENT, WARDEN_CLIENT].map(serviceAccountUser);

export interface MlflowEnvArgs {
  readonly stack: string;
  /** Public address, no trailing slash. */
  readonly publicUrl: string;
  /** Discovery document as the container reaches it. */
  readonly discoveryUrl: string;
  /** The realm's public issuer. */
  readonly issuer: string;
}

/** Region that MinIO answers to. */
export const S3_REGION = "us-east-1";

/**
 * The environment of MLflow and its login plugin, without the secrets, which come as files.
 * Every setting that the plugin leaves open by default is closed here: audience and issuer are checked, names
 * come from the username and not the e-mail address, nothing is granted without a workspace.
 */
export function mlflowEnv(args: MlflowEnvArgs): Record<string, string> {
  return {
    // The provider entry is strict: without audience or issuer it is dropped instead of left unchecked.
    AUTH_PROVIDERS: JSON.stringify([
      {
        id: "default",
        type: "oidc",
        display_name: "Keycloak",
        discovery_url: args.discoveryUrl,
        issuer: args.issuer,
        audience: MLFLOW_AUDIENCE,
        client_id: MLFLOW_CLIENT,
        allowed_algorithms: ["RS256"],
      },
    ]),
    // The same once more for the flat form, to which the plugin falls back when it cannot read the entry.
    OIDC_CLIENT_ID: MLFLOW_CLIENT,
    OIDC_DISCOVERY_URL: args.discoveryUrl,
    OIDC_ISSUER: args.issuer,
    OIDC_AUDIENCE: MLFLOW_AUDIENCE,
    OIDC_REDIRECT_URI: `${args.publicUrl}/callback`,
    OIDC_SCOPE: "openid email profile",
    OIDC_USERNAME_FIELD: "preferred_username",
    OIDC_GROUPS_ATTRIBUTE: "groups",
    OIDC_GROUP_NAME: USERS_GROUP,
    OIDC_ADMIN_GROUP_NAME: ADMINS_GROUP,
    // A person who signs in from a terminal first has no account yet; the same group gate applies.
    OIDC_PROVISION_ON_BEARER_AUTH: "true",
    // Otherwise the session would end with the access token, after 5 minutes.
    OIDC_USE_REFRESH_TOKEN: "true",
    AUTOMATIC_LOGIN_REDIRECT: "true",
    DEFAULT_LANDING_PAGE_IS_PERMISSIONS: "false",
    DEFAULT_MLFLOW_PERMISSION: "NO_PERMISSIONS",
    // Each worker remembers grants by itself. One that is taken away ends within the sum of both, in seconds.
    WORKSPACE_CACHE_TTL_SECONDS: "4",
    PERMISSION_CACHE_TTL_SECONDS: "4",
    OIDC_WORKSPACE_REQUIRE_CREATION_CONTEXT: "true",
    OIDC_WORKSPACE_DENY_DEFAULT_CREATION: "true",
    SESSION_COOKIE_NAME: sessionCookieName(args.stack),
    SESSION_COOKIE_SECURE: String(keepsSecureCookies(args.publicUrl)),
    // Only containers of the stack's own network reach this port, NGINX among them.
    TRUSTED_PROXIES: "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16",
    PLATFORM_ADMINISTRATORS: PLATFORM_ACCOUNTS.join(","),

    // Connections per worker to the accounts' and to the runs' database. A request may hold three at once, and
    // each worker serves ten (images/mlflow/mlflow_platform/threads.py); lib/postgresArgs.ts allows for all.
    OIDC_DB_POOL_SIZE: "8",
    OIDC_DB_POOL_MAX_OVERFLOW: "16",
    MLFLOW_SQLALCHEMYSTORE_POOL_SIZE: "8",
    MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW: "24",

    // What is done and refused goes there; while nobody answers it is kept for some time.
    AUDIT_URL: `http://audit:${AUDIT_PORT}/events`,

    MLFLOW_ENABLE_WORKSPACES: "true",
    MLFLOW_DISABLE_TELEMETRY: "true",
    MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false",
    MLFLOW_ENABLE_AI_GATEWAY: "false",
    MLFLOW_S3_ENDPOINT_URL: "http://minio:9000",
    MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE: "path",
    AWS_DEFAULT_REGION: S3_REGION,
    HOME: "/tmp",
  };
}

export interface MlflowArgsInput {
  readonly publicUrl: string;
  /** Loopback port of the provider. */
  readonly providerPort: number;
}

/**
 * Arguments of `mlflow server`.
 * Two workers: one per core of the smallest machine that is supported; each takes about 330 MB.
 */
export function mlflowArgs(args: MlflowArgsInput): string[] {
  const hosts = [
    new URL(args.publicUrl).host,
    `127.0.0.1:${args.providerPort}`,
    "mlflow:5000",
    "127.0.0.1:5000",
  ];
  return [
    "--app-name",
    // The login plugin's, with less work for each request: images/mlflow/mlflow_platform.
    "platform",
    "--host",
    "0.0.0.0",
    "--port",
    "5000",
    "--workers",
    "2",
    "--artifacts-destination",
    `s3://${ARTIFACT_BUCKET}`,
    "--allowed-hosts",
    hosts.join(","),
    "--cors-allowed-origins",
    args.publicUrl,
    "--uvicorn-opts",
    // One loop and parser written in C, no access log (NGINX keeps one), connections of NGINX kept open.
    "--loop uvloop --http httptools --no-access-log --timeout-keep-alive 75 --backlog 2048",
  ];
}
