import { keepsSecureCookies } from "./addresses";
import { S3_REGION } from "./mlflowEnv";

/** Keycloak client of the object store and its console. */
export const MINIO_CLIENT = "minio";
/** Claim of a token by which the object store grants buckets: names of policies. */
export const POLICY_CLAIM = "policy";
/** The same in hours. */
export const STS_HOURS = 8;
/** Length of a console session and the most that temporary credentials may live. */
export const STS_DURATION = `${STS_HOURS}h`;

/**
 * The object store's environment, without its secrets, which come as files.
 *
 * @param discoveryUrl - the realm's discovery document as the container reaches it
 */
export function minioEnv(discoveryUrl: string): Record<string, string> {
  return {
    MINIO_BROWSER: "off",
    MINIO_SITE_REGION: S3_REGION,
    MINIO_IDENTITY_OPENID_CONFIG_URL_KEYCLOAK: discoveryUrl,
    MINIO_IDENTITY_OPENID_CLIENT_ID_KEYCLOAK: MINIO_CLIENT,
    MINIO_IDENTITY_OPENID_CLAIM_NAME_KEYCLOAK: POLICY_CLAIM,
    MINIO_IDENTITY_OPENID_SCOPES_KEYCLOAK: "openid",
    MINIO_IDENTITY_OPENID_DISPLAY_NAME_KEYCLOAK: "Keycloak",
    // Without it a caller may ask for credentials of up to a year, whatever the token's life.
    MINIO_STS_DURATION: STS_DURATION,
    // The expiry rule for unfinished multipart uploads: this server knows no such rule per bucket.
    MINIO_API_STALE_UPLOADS_EXPIRY: "24h",
    MINIO_API_STALE_UPLOADS_CLEANUP_INTERVAL: "6h",
    MINIO_UPDATE: "off",
    HOME: "/tmp",
  };
}

export interface ConsoleEnvArgs {
  /** Public address of the console, no trailing slash. */
  readonly publicUrl: string;
  /** The realm's address as the container reaches it. */
  readonly internalRealmUrl: string;
}

/** The console's environment, without its secrets. */
export function consoleEnv(args: ConsoleEnvArgs): Record<string, string> {
  return {
    CONSOLE_MINIO_SERVER: "http://minio:9000",
    CONSOLE_MINIO_REGION: S3_REGION,
    CONSOLE_PORT: "9090",
    CONSOLE_STS_DURATION: STS_DURATION,
    CONSOLE_ANIMATED_LOGIN: "off",
    CONSOLE_IDP_URL: `${args.internalRealmUrl}/.well-known/openid-configuration`,
    CONSOLE_IDP_CLIENT_ID: MINIO_CLIENT,
    CONSOLE_IDP_CALLBACK: `${args.publicUrl}/oauth_callback`,
    CONSOLE_IDP_SCOPES: "openid",
    CONSOLE_IDP_DISPLAY_NAME: "Single sign-on",
    // Inside the network, so that signing out also ends the session in Keycloak.
    CONSOLE_IDP_END_SESSION_ENDPOINT: `${args.internalRealmUrl}/protocol/openid-connect/logout`,
    CONSOLE_SECURE_COOKIES: keepsSecureCookies(args.publicUrl) ? "on" : "off",
  };
}
