import type { OpenOutputs, StackOutputs } from "../../lib/outputs";
import { UserError } from "../errors";

type Team = OpenOutputs["teams"][string];

/**
 * A team's entry.
 *
 * @param stack - the stack's name, for the error
 * @throws UserError for a team that is not there, naming those that are
 */
export function teamOf({ teams }: OpenOutputs, team: string, stack: string): Team {
  const found = Object.hasOwn(teams, team) ? teams[team] : undefined;
  if (found === undefined) throw unknown("team", team, Object.keys(teams).sort(), stack);
  return found;
}

/**
 * Checks that a service account is the team's.
 *
 * @throws UserError for one that is not, naming those that are
 */
export function accountOf(outputs: OpenOutputs, team: string, account: string, stack: string): string {
  const own = teamOf(outputs, team, stack).serviceAccounts.map(({ clientId }) => clientId);
  if (!own.includes(account)) throw unknown(`service account of team ${team}`, account, own, stack);
  return account;
}

/** What one team needs of the outputs, in the same form: its own entry, its workspace, its service accounts. */
export type TeamOutputs = Pick<
  OpenOutputs,
  "outputsVersion" | "urls" | "oidc" | "teams" | "s3" | "certificates"
> & {
  readonly clientEnv: OpenOutputs["clientEnv"] & { readonly MLFLOW_WORKSPACE: string };
  /** Secret; only if the outputs had it. */
  readonly credentials?: Pick<StackOutputs["credentials"], "serviceAccounts">;
};

/**
 * @param outputs - of the stack; with secrets or without
 * @throws UserError as {@link teamOf}
 */
export function outputsOfTeam(outputs: OpenOutputs | StackOutputs, team: string, stack: string): TeamOutputs {
  const { outputsVersion, urls, oidc, s3, certificates, clientEnv } = outputs;
  const entry = teamOf(outputs, team, stack);
  const open = {
    ...{ outputsVersion, urls, oidc, s3, certificates, teams: { [team]: entry } },
    clientEnv: { ...clientEnv, MLFLOW_WORKSPACE: entry.workspace },
  };
  if (!("credentials" in outputs)) return open;
  const accounts = Object.entries(outputs.credentials.serviceAccounts);
  const own = accounts.filter(([, account]) => account.team === team);
  return { ...open, credentials: { serviceAccounts: Object.fromEntries(own) } };
}

function unknown(what: string, name: string, known: readonly string[], stack: string): UserError {
  return new UserError(
    `Stack ${stack} has no ${what} ${name}; there ${known.length === 1 ? "is" : "are"}: ${known.join(", ") || "none"}.`,
    `Name one of them, or add it to Pulumi.${stack}.yaml and: npm run up -- --stack ${stack}`,
    2,
  );
}
