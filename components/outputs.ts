import * as pulumi from "@pulumi/pulumi";
import { USERS_GROUP } from "../config/schema";
import type { Settings } from "../config/settings";
import type { Service } from "../images/catalogue";
import { CLI_CLIENT } from "../lib/discovery";
import type { Endpoints } from "../lib/endpoints";
import { MINIO_CLIENT, POLICY_CLAIM } from "../lib/minioEnv";
import { MLFLOW_AUDIENCE, MLFLOW_CLIENT, PROVISIONER_CLIENT, S3_REGION } from "../lib/mlflowEnv";
import { REVOKED_POLICY, artifactRoot, teamBucket } from "../lib/names";
import { OUTPUTS_VERSION, type StackOutputs } from "../lib/outputs";
import { certificateNames } from "../lib/certificateNames";
import type { PrivateCa } from "./certificates/privateCa";
import type { Identity } from "./identity/identity";
import { GROUPS_SCOPE, MLFLOW_SCOPE, S3_SCOPE } from "./identity/scopes";
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
  /** Reference of a service's image. */
  readonly image: (service: Service) => string;
  /** The private CA of the mode `self-signed`. */
  readonly ca: PrivateCa | undefined;
}

/** What the program gives for a type of the outputs: everything in it may be known only later. */
type Declared<T> = pulumi.Input<
  T extends readonly (infer Item)[]
    ? readonly Declared<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Declared<T[Key]> }
      : T
>;

/** The outputs as the program declares them. */
export type DeclaredOutputs = { readonly [Name in keyof StackOutputs]: Declared<StackOutputs[Name]> };

/** The stack's outputs. Teams read them: names, types and secrecy are an interface, see `lib/outputs.ts`. */
export function stackOutputs(args: OutputsArgs): DeclaredOutputs {
  const { settings, endpoints, identity } = args;
  const { urls, providerPorts } = endpoints;
  return {
    outputsVersion: OUTPUTS_VERSION,
    urls,
    oidc: {
      issuer: identity.issuer,
      realm: identity.realm,
      clientId: MLFLOW_CLIENT,
      cliClientId: CLI_CLIENT,
      audience: MLFLOW_AUDIENCE,
      usersGroup: USERS_GROUP,
      scopes: { mlflow: MLFLOW_SCOPE, groups: GROUPS_SCOPE, s3: S3_SCOPE },
    },
    teams: Object.fromEntries(
      settings.teams.map(({ name, serviceAccounts }) => [
        name,
        {
          group: name,
          workspace: name,
          bucket: teamBucket(name),
          artifactRoot: artifactRoot(settings.artifacts, name),
          serviceAccounts: serviceAccounts.map((account) => ({ clientId: account.name, role: account.role })),
        },
      ]),
    ),
    s3: {
      endpoint: urls.s3,
      region: S3_REGION,
      audience: MINIO_CLIENT,
      policyClaim: POLICY_CLAIM,
      revokedPolicy: REVOKED_POLICY,
    },
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
          serviceAccounts.flatMap(({ name, role }) => {
            const account = identity.serviceAccounts.get(name);
            if (account === undefined) return [];
            const { clientId, clientSecret } = account;
            return [[name, { clientId, clientSecret, team, role }]];
          }),
        ),
      ),
      provisioner: { clientId: PROVISIONER_CLIENT, clientSecret: identity.provisioner.clientSecret },
      minioRoot: { username: MINIO_ROOT, password: args.minio.rootPassword },
      postgres: { username: "postgres", password: args.postgres.superuserPassword },
    }),
    images: {
      postgres: args.image("postgres"),
      keycloak: args.image("keycloak"),
      audit: args.image("audit"),
      minio: args.image("minio"),
      console: args.image("console"),
      mlflow: args.image("mlflow"),
      warden: args.image("warden"),
      nginx: args.image("nginx"),
      ...(settings.acme === undefined ? {} : { certbot: args.image("certbot") }),
    },
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
function certificates({ settings, ca }: OutputsArgs): DeclaredOutputs["certificates"] {
  const { ingress: mode, acme, domain = "" } = settings;
  if (ca !== undefined) {
    return { mode, names: ca.names, issuer: ca.issuer, ca: ca.caCertificate, notAfter: ca.notAfter };
  }
  return acme === undefined
    ? { mode }
    : { mode, names: certificateNames(domain, acme.challenge), server: acme.server };
}
