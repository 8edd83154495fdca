import * as keycloak from "@pulumi/keycloak";
import * as pulumi from "@pulumi/pulumi";
import { CLI_CLIENT } from "../../lib/discovery";
import type { Site } from "../../lib/endpoints";
import { MINIO_CLIENT } from "../../lib/minioEnv";
import { MLFLOW_CLIENT } from "../../lib/mlflowEnv";
import { password } from "../password";
import type { RealmContext } from "./context";

export interface ClientsArgs {
  readonly context: RealmContext;
  /** Public addresses, for the exact redirect addresses. */
  readonly urls: Readonly<Record<Site, string>>;
}

/** The clients of people: MLflow in the browser, terminals, and the object store's console. */
export class Clients extends pulumi.ComponentResource {
  public readonly mlflow: keycloak.openid.Client;
  public readonly cli: keycloak.openid.Client;
  public readonly minio: keycloak.openid.Client;
  /** Secret of MLflow's client. */
  public readonly mlflowSecret: pulumi.Output<string>;
  /** Secret of the object store's client. */
  public readonly minioSecret: pulumi.Output<string>;

  public constructor(name: string, args: ClientsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-platform:identity:Clients", name, {}, opts);
    const { realmId, options } = args.context;
    const child = { ...options, parent: this };
    const { urls } = args;
    this.mlflowSecret = password(`${name}-mlflow-secret`, this);
    this.minioSecret = password(`${name}-minio-secret`, this);
    const closed = {
      realmId,
      enabled: true,
      standardFlowEnabled: false,
      implicitFlowEnabled: false,
      directAccessGrantsEnabled: false,
      serviceAccountsEnabled: false,
      fullScopeAllowed: false,
    };
    this.mlflow = new keycloak.openid.Client(
      `${name}-mlflow`,
      {
        ...closed,
        clientId: MLFLOW_CLIENT,
        name: "MLflow",
        accessType: "CONFIDENTIAL",
        clientSecret: this.mlflowSecret,
        standardFlowEnabled: true,
        pkceCodeChallengeMethod: "S256",
        rootUrl: urls.mlflow,
        baseUrl: "/",
        validRedirectUris: [`${urls.mlflow}/callback`],
        validPostLogoutRedirectUris: [`${urls.mlflow}/oidc/ui/auth`],
        webOrigins: [],
      },
      child,
    );
    this.cli = new keycloak.openid.Client(
      `${name}-cli`,
      {
        ...closed,
        clientId: CLI_CLIENT,
        name: "MLflow from a terminal",
        accessType: "PUBLIC",
        oauth2DeviceAuthorizationGrantEnabled: true,
        pkceCodeChallengeMethod: "S256",
        webOrigins: [],
      },
      child,
    );
    this.minio = new keycloak.openid.Client(
      `${name}-minio`,
      {
        ...closed,
        clientId: MINIO_CLIENT,
        name: "Object store",
        accessType: "CONFIDENTIAL",
        clientSecret: this.minioSecret,
        standardFlowEnabled: true,
        // The console sends no challenge, so none can be required: the documented exception.
        rootUrl: urls.console,
        baseUrl: "/",
        validRedirectUris: [`${urls.console}/oauth_callback`],
        webOrigins: [],
      },
      child,
    );
    this.registerOutputs({ clients: [MLFLOW_CLIENT, CLI_CLIENT, MINIO_CLIENT] });
  }
}
