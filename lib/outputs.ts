import { z } from "zod";
import { ROLES } from "../config/schema";

/**
 * What a stack tells other programs: names, types and meaning of its outputs. The program is typed by this, the CLI
 * reads by it, and `docs/outputs.md` is written from it. `outputs.contract.json` keeps what was promised before.
 */

/**
 * Version of the outputs, `major.minor`. The minor part rises when something is added; the major part when something
 * goes, is renamed, changes its type or its secrecy, or is no longer always there.
 */
export const OUTPUTS_VERSION = "1.0";

const text = (description: string): z.ZodString => z.string().min(1).describe(description);
const url = (description: string): z.ZodURL => z.url().describe(description);

/** The version in which an output came; those of before there were versions are of the first one. */
function since<T extends z.ZodType>(version: string, type: T): T {
  return type.meta({ ...type.meta(), since: version });
}

const account = (description: string) =>
  z.object({ username: text("Its name"), password: text("Its password") }).describe(description);
const clientFields = { clientId: text("Its client id in Keycloak"), clientSecret: text("Its secret") };
const role = z.enum(ROLES).describe("What it may do in its team");

/** Outputs that anybody may see who may read the stack. */
const open = {
  outputsVersion: since(
    "1.0",
    z
      .string()
      .regex(/^\d+\.\d+$/, "a version such as 1.0")
      .describe("Version of these outputs, `major.minor`"),
  ),
  urls: since(
    "1.0",
    z
      .object({
        mlflow: url("MLflow"),
        auth: url("Keycloak, where people sign in"),
        s3: url("The object store"),
        console: url("Pages of the object store"),
      })
      .describe("What people open; no slash at the end"),
  ),
  oidc: since(
    "1.0",
    z
      .object({
        issuer: url("Issuer in every token; `/.well-known/openid-configuration` below it says the rest"),
        realm: text("Name of the realm"),
        clientId: text("Client of MLflow's pages"),
        cliClientId: text("Public client for signing in from a terminal"),
        audience: text("Audience that a token for MLflow must carry"),
        usersGroup: text("Group that MLflow lets in, besides its administrators"),
        scopes: z
          .object({
            mlflow: text("Adds the audience of MLflow"),
            groups: text("Adds the names of the groups"),
            s3: text("Adds the audience of the object store, and the policies of the groups"),
          })
          .describe("Client scopes that a client of your own needs"),
      })
      .describe("Signing in"),
  ),
  teams: since(
    "1.0",
    z
      .record(
        z.string(),
        z.object({
          group: text("Keycloak group of its members"),
          workspace: text("MLflow workspace"),
          bucket: text("The team's own bucket"),
          artifactRoot: z
            .string()
            .regex(/^s3:\/\/[^/]+(\/.*)?$/, "s3://<bucket>/<prefix>")
            .describe("Where MLflow keeps its artifacts, `s3://<bucket>/<prefix>`"),
          serviceAccounts: z
            .array(z.object({ clientId: clientFields.clientId, role }))
            .describe("Service accounts of the settings, without their secrets"),
        }),
      )
      .describe("By the team's name"),
  ),
  s3: since(
    "1.0",
    z
      .object({
        endpoint: url("The same as `urls.s3`"),
        region: text("Region for signatures"),
        audience: text("Audience that a token for the object store must carry"),
        policyClaim: text("Claim of a token that names the policies it brings"),
        revokedPolicy: text("Policy that every token must name: by it access is ended at once"),
      })
      .describe("The object store"),
  ),
  clientEnv: since(
    "1.0",
    z
      .object({
        MLFLOW_TRACKING_URI: url("Where MLflow is"),
        MLFLOW_S3_ENDPOINT_URL: url("Where artifacts go, with `artifacts: direct`").optional(),
        AWS_DEFAULT_REGION: text("Its region, with `artifacts: direct`").optional(),
      })
      .describe("Environment of a Python client, the same for all teams and without secrets"),
  ),
  images: since(
    "1.0",
    z
      .object({
        postgres: text("Postgres"),
        keycloak: text("Keycloak"),
        audit: text("The audit service"),
        minio: text("The object store"),
        console: text("Its pages"),
        mlflow: text("MLflow"),
        warden: text("The warden"),
        nginx: text("NGINX"),
        certbot: text("The certificate job").optional(),
      })
      .describe("Reference of each service's image"),
  ),
  certificates: since(
    "1.0",
    z
      .object({
        mode: z.enum(["http", "self-signed", "acme"]).describe("The ingress in use"),
        names: z.array(z.string()).describe("Names and addresses in the certificate").optional(),
        issuer: text("Name of the stack's own CA").optional(),
        ca: text("Its certificate for clients to trust, PEM").optional(),
        notAfter: text("When the certificate ends, ISO 8601").optional(),
        server: url("Directory of the ACME server").optional(),
      })
      .describe("What clients can know of https without asking for it"),
  ),
  providerEndpoints: since(
    "1.0",
    z
      .object({
        postgres: text("Postgres, `postgresql://127.0.0.1:<port>`"),
        keycloak: url("Keycloak with its administration"),
        minio: url("The object store with its administration"),
        mlflow: url("MLflow without NGINX"),
      })
      .describe("Loopback addresses of the engine's machine, by which Pulumi configures the services"),
  ),
  settings: since(
    "1.0",
    z
      .object({
        stack: text("Name of the stack"),
        artifacts: z.enum(["proxied", "direct"]).describe("How artifacts travel"),
        dockerHost: text("Docker engine, where one is set").optional(),
        httpPort: z.int().describe("Port of plain http, which leads to https").optional(),
        bindAddresses: z.array(z.string()).describe("Addresses of the host that serve https").optional(),
      })
      .describe("Settings that programs outside need to know"),
  ),
};

/** Outputs that are encrypted in the state and hidden wherever Pulumi prints. */
const secret = {
  credentials: since(
    "1.0",
    z
      .object({
        keycloakAdmin: account("Administrator of Keycloak"),
        users: z.record(z.string(), z.string()).describe("First passwords, by username"),
        serviceAccounts: z
          .record(z.string(), z.object({ ...clientFields, team: text("Its team"), role }))
          .describe("Service accounts of the settings, by client id"),
        provisioner: z
          .object(clientFields)
          .describe("Administrator of MLflow, with which the program configures it"),
        minioRoot: account("Root key of the object store"),
        postgres: account("Superuser of Postgres"),
      })
      .describe("Every password and secret that people or programs need"),
  ),
};

/** Names of the outputs that are secret as a whole. No other holds a secret. */
export const SECRET_OUTPUTS: readonly string[] = Object.keys(secret);

/** The outputs without the secret ones. What is not known is left out, so that later versions break nobody. */
export const openOutputsSchema = z.object(open);

/** All outputs of a stack. What is not known is left out, so that later versions break nobody. */
export const stackOutputsSchema = z.object({ ...open, ...secret });

/** Outputs without secrets. */
export type OpenOutputs = z.output<typeof openOutputsSchema>;

/** Outputs of one deployed stack. Holds secrets: never print it. */
export type StackOutputs = z.output<typeof stackOutputsSchema>;
