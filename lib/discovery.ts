import type { Site } from "./endpoints";
import { MLFLOW_AUDIENCE, S3_REGION } from "./mlflowEnv";

/** Client of terminals: public, device code only. */
export const CLI_CLIENT = "mlflow-cli";
/** Where the MLflow site says how to sign in; as of RFC 8615. */
export const DISCOVERY_PATH = "/.well-known/mlflow-platform";

/** What a client has to know besides the address of MLflow. Nothing of it is secret: it is shown to anybody. */
export interface DiscoveryDocument {
  /** Raised when a field changes its meaning or goes. */
  readonly version: 1;
  readonly trackingUri: string;
  readonly issuer: string;
  /** Client for the device flow. */
  readonly cliClientId: string;
  /** Audience of tokens for MLflow. */
  readonly audience: string;
  readonly s3: { readonly endpoint: string; readonly region: string };
}

/**
 * @param urls - public addresses of the sites
 * @param realm - name of the realm
 */
export function discoveryDocument(urls: Readonly<Record<Site, string>>, realm: string): DiscoveryDocument {
  return {
    version: 1,
    trackingUri: urls.mlflow,
    issuer: `${urls.auth}/realms/${realm}`,
    cliClientId: CLI_CLIENT,
    audience: MLFLOW_AUDIENCE,
    s3: { endpoint: urls.s3, region: S3_REGION },
  };
}
