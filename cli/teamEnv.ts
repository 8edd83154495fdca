import { z } from "zod";
import { UserError } from "./errors";

/** What is read of the stack's outputs. */
const outputsSchema = z.object({
  clientEnv: z.record(z.string(), z.string()),
  teams: z.record(z.string(), z.object({ workspace: z.string() })),
  credentials: z.object({
    serviceAccounts: z.record(
      z.string(),
      z.object({ clientId: z.string(), clientSecret: z.string(), team: z.string().optional() }),
    ),
  }),
});

export interface TeamEnvOptions {
  readonly team: string;
  /** Service account whose secret is put in as well. @default none: people sign in with `mlflow-platform login` */
  readonly account?: string | undefined;
  /** File of the stack's own CA, for a stack that has one. */
  readonly caFile?: string | undefined;
}

/**
 * The environment in which programs of a team use MLflow by the client package.
 *
 * @param outputs - the stack's outputs, secrets in plain text
 * @param stack - the stack's name, for errors
 * @throws UserError for a team or an account that is not there, naming those that are
 */
export function teamEnv(
  outputs: unknown,
  stack: string,
  { team, account, caFile }: TeamEnvOptions,
): Readonly<Record<string, string>> {
  const { success, data } = outputsSchema.safeParse(outputs);
  if (!success) {
    throw new UserError(
      `The outputs of stack ${stack} are of another version.`,
      `npm run up -- --stack ${stack}`,
    );
  }
  const { clientEnv, teams, credentials } = data;
  const workspace = teams[team]?.workspace;
  if (workspace === undefined) throw unknown("team", team, Object.keys(teams), stack);
  const env = {
    ...clientEnv,
    MLFLOW_TRACKING_AUTH: "mlflow-platform",
    MLFLOW_WORKSPACE: workspace,
    ...(caFile === undefined ? {} : { MLFLOW_TRACKING_SERVER_CERT_PATH: caFile }),
  };
  if (account === undefined) return env;
  const own = Object.entries(credentials.serviceAccounts).filter(([, found]) => found.team === team);
  const found = own.find(([name]) => name === account)?.[1];
  if (found === undefined)
    throw unknown(
      `service account of team ${team}`,
      account,
      own.map(([name]) => name),
      stack,
    );
  return {
    ...env,
    MLFLOW_PLATFORM_CLIENT_ID: found.clientId,
    MLFLOW_PLATFORM_CLIENT_SECRET: found.clientSecret,
  };
}

/** Text of a `.env` file, as python-dotenv, docker and shells read it: one `NAME=value` a line. */
export function dotenv(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .map(
      ([name, value]) =>
        `${name}=${/^[\w./:@%+,-]*$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`}`,
    )
    .join("\n");
}

function unknown(what: string, name: string, known: readonly string[], stack: string): UserError {
  return new UserError(
    `Stack ${stack} has no ${what} ${name}; there ${known.length === 1 ? "is" : "are"}: ${known.join(", ") || "none"}.`,
    `Name one of them, or add it to Pulumi.${stack}.yaml and: npm run up -- --stack ${stack}`,
    2,
  );
}
