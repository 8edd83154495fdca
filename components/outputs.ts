import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/settings";
import type { Service } from "../images/catalogue";
import { CLI_CLIENT } from "../lib/discovery";
import type { Endpoints } from "../lib/endpoints";
import { MLFLOW_AUDIENCE, MLFLOW_CLIENT, PROVISIONER_CLIENT, S3_REGION } from "../lib/mlflowEnv";
import { artifactRoot, teamBucket } from "../lib/names";
import { certificateNames } from "../lib/certificateNames";
import type { PrivateCa } from "./certificates/privateCa";
import type { Identity } from "./identity/identity";
import { KEYCLOAK_ADMIN, type Keycloak } from "./keycloak";
import { MINIO_ROOT, type Minio } from "./minio";
import type { Postgres } from "./postgres";

export interface OutputsArgs {
  readonly settings: Settings;
  readonly endpoints: Endpoints;
  readonly identity: Identity;
  readonly keycloak: Keycloak;
  readonly minio: Minio;
  readonly postgres: Postgres;
  readonly images: Readonly<Partial<Record<Service, string>>>;
  /** The private CA of the mode `self-signed`. */
  readonly ca: PrivateCa | undefined;
}

/** The stack's outputs. Teams read them: their names are an API. */
export function stackOutputs(args: OutputsArgs): Record<string, unknown> {
  const { settings, endpoints, identity } = args;
  const { urls, providerPorts } = endpoints;
  return {
    urls,
    oidc: {
      issuer: identity.issuer,
      realm: identity.realm,
      clientId: MLFLOW_CLIENT,
      cliClientId: CLI_CLIENT,
      audience: MLFLOW_AUDIENCE,
    },
    teams: Object.fromEntries(
      settings.teams.map(({ name }) => [
        name,
        {
          group: name,
          workspace: name,
          bucket: teamBucket(name),
          artifactRoot: artifactRoot(settings.artifacts, name),
        },
      ]),
    ),
    s3: { endpoint: urls.s3, region: S3_REGION },
    clientEnv: {
      MLFLOW_TRACKING_URI: urls.mlflow,
      ...(settings.artifacts === "direct"
        ? { MLFLOW_S3_ENDPOINT_URL: urls.s3, AWS_DEFAULT_REGION: S3_REGION }
        : {}),
    },
    credentials: pulumi.secret({
      keycloakAdmin: { username: KEYCLOAK_ADMIN, password: args.keycloak.adminPassword },
      users: identity.people.firstPasswords,
      serviceAccounts: Object.fromEntries(
        settings.teams.flatMap(({ name: team, serviceAccounts }) =>
          serviceAccounts.map(({ name, role }) => {
            const { clientId, clientSecret } = identity.serviceAccounts.get(name) ?? {};
            return [name, { clientId, clientSecret, team, role }];
          }),
        ),
      ),
      provisioner: { clientId: PROVISIONER_CLIENT, clientSecret: identity.provisioner.clientSecret },
      minioRoot: { username: MINIO_ROOT, password: args.minio.rootPassword },
      postgres: { username: "postgres", password: args.postgres.superuserPassword },
    }),
    images: args.images,
    certificates: certificates(args),
    providerEndpoints: {
      postgres: `postgresql://127.0.0.1:${providerPorts.postgres}`,
      keycloak: `http://127.0.0.1:${providerPorts.keycloak}`,
      minio: `http://127.0.0.1:${providerPorts.minio}`,
      mlflow: `http://127.0.0.1:${providerPorts.mlflow}`,
    },
    settings: {
      stack: settings.stack,
      artifacts: settings.artifacts,
      ...(settings.ingress === "http"
        ? {}
        : { httpPort: settings.httpPort, bindAddresses: settings.bindAddresses }),
      ...(settings.dockerHost === undefined ? {} : { dockerHost: settings.dockerHost }),
    },
  };
}

/** What clients can know of the certificate without asking for it. A CA's certificates end by themselves; `status` shows when. */
function certificates({ settings, ca }: OutputsArgs): Record<string, unknown> {
  const { ingress: mode, acme, domain = "" } = settings;
  if (ca !== undefined) {
    return { mode, names: ca.names, issuer: ca.issuer, ca: ca.caCertificate, notAfter: ca.notAfter };
  }
  return acme === undefined
    ? { mode }
    : { mode, names: certificateNames(domain, acme.challenge), server: acme.server };
}
