import * as keycloak from "@pulumi/keycloak";
import * as minio from "@pulumi/minio";
import * as pulumi from "@pulumi/pulumi";
import { TeamAccount } from "./account";
import { readPlatform, teamOf } from "./platform";

/** Makes the account. Its outputs are the environment of the programs that use it. */
export = async (): Promise<Record<string, pulumi.Input<string>>> => {
  const config = new pulumi.Config();
  const name = config.require("account");
  const { outputs, credentials } = await readPlatform(config.require("platform"));
  const team = teamOf(outputs, config.require("team"));
  const prefix = `${name}/`;

  // The services themselves and not NGINX, which lets no administration through. They are on the loopback address of
  // the platform's machine, without https: so the ingress and its certificates make no difference here.
  const { providerEndpoints: at, s3, certificates } = outputs;
  const { keycloakAdmin, minioRoot } = credentials;
  const realmProvider = new keycloak.Provider("keycloak", {
    url: at.keycloak,
    realm: "master",
    clientId: "admin-cli",
    username: keycloakAdmin.username,
    password: keycloakAdmin.password,
    // Seconds. After a time-out the object would exist and the next run end in a conflict.
    clientTimeout: 60,
  });
  const storeProvider = new minio.Provider("minio", {
    minioServer: new URL(at.minio).host,
    minioUser: minioRoot.username,
    minioPassword: minioRoot.password,
    minioRegion: s3.region,
    minioSsl: false,
  });

  const account = new TeamAccount("account", {
    ...{ outputs, team, account: name, prefix },
    ...{ keycloak: realmProvider, minio: storeProvider },
  });
  return {
    MLFLOW_TRACKING_URI: outputs.urls.mlflow,
    MLFLOW_WORKSPACE: team.workspace,
    MLFLOW_PLATFORM_CLIENT_ID: account.clientId,
    MLFLOW_PLATFORM_CLIENT_SECRET: account.clientSecret,
    MLFLOW_PLATFORM_TOKEN_URL: `${outputs.oidc.issuer}/protocol/openid-connect/token`,
    MLFLOW_PLATFORM_S3_URL: outputs.urls.s3,
    MLFLOW_PLATFORM_BUCKET: team.bucket,
    MLFLOW_PLATFORM_PREFIX: prefix,
    ...(certificates.ca === undefined ? {} : { MLFLOW_PLATFORM_CA: certificates.ca }),
  };
};
