import type { OpenOutputs, StackOutputs } from "../../lib/outputs";
import type { Environment } from "./dotenv";
import { accountOf, teamOf } from "./team";

/** What decides on an environment. */
export interface EnvOptions {
  /** Name of the stack, for errors. */
  readonly stack: string;
  /** Service account of the team that the programs are. @default none: people sign in */
  readonly account?: string | undefined;
  /** File of the stack's own CA, for a stack that has one. */
  readonly caFile?: string | undefined;
}

/**
 * The environment in which programs of a team use MLflow by the client package.
 *
 * @param outputs - with secrets when there is an account, whose secret is put in
 * @throws UserError for a team or an account that is not there, naming those that are
 */
export function teamEnv(outputs: OpenOutputs | StackOutputs, team: string, options: EnvOptions): Environment {
  return {
    ...common(outputs, options),
    ...ofTeam(outputs, team, options),
    MLFLOW_TRACKING_AUTH: "mlflow-platform",
  };
}

/**
 * The environment for programs that do without the client package, such as curl: also where tokens are asked for and
 * where the object store is.
 *
 * @param team - whose workspace and bucket are named. @default none
 * @throws UserError as {@link teamEnv}
 */
export function outputsEnv(
  outputs: OpenOutputs | StackOutputs,
  team: string | undefined,
  options: EnvOptions,
): Environment {
  const { oidc, s3 } = outputs;
  return {
    ...common(outputs, options),
    MLFLOW_PLATFORM_ISSUER: oidc.issuer,
    MLFLOW_PLATFORM_TOKEN_URL: `${oidc.issuer}/protocol/openid-connect/token`,
    MLFLOW_PLATFORM_S3_URL: s3.endpoint,
    MLFLOW_PLATFORM_S3_REGION: s3.region,
    ...(team === undefined
      ? {}
      : {
          ...ofTeam(outputs, team, options),
          MLFLOW_PLATFORM_BUCKET: teamOf(outputs, team, options.stack).bucket,
        }),
  };
}

function common({ clientEnv }: OpenOutputs, { caFile }: EnvOptions): Environment {
  return defined({ ...clientEnv, MLFLOW_TRACKING_SERVER_CERT_PATH: caFile });
}

function ofTeam(
  outputs: OpenOutputs | StackOutputs,
  team: string,
  { stack, account }: EnvOptions,
): Environment {
  const workspace = { MLFLOW_WORKSPACE: teamOf(outputs, team, stack).workspace };
  if (account === undefined) return workspace;
  const name = accountOf(outputs, team, account, stack);
  return defined({
    ...workspace,
    MLFLOW_PLATFORM_CLIENT_ID: name,
    MLFLOW_PLATFORM_CLIENT_SECRET:
      "credentials" in outputs ? outputs.credentials.serviceAccounts[name]?.clientSecret : undefined,
  });
}

/** Without what has no value. */
function defined(env: Readonly<Record<string, string | undefined>>): Environment {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
