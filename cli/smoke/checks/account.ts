import type { Check } from "../check";
import type { TeamAccount } from "../context";
import { MlflowApi } from "../mlflow";
import { claimsOf, clientTokens, hasAudience } from "../tokens";

/** A declared service account gets a token by its client credentials and is let into its team's workspace. */
export const accountSignsIn: Check = {
  id: "account",
  title: "a team's service account signs in with client credentials and sees its workspace",
  needs: ["mlflow", "auth"],
  async run({ outputs, signal, reach, facts }) {
    const { teams, credentials, oidc, urls } = outputs;
    const found: TeamAccount[] = [];
    const refusals: string[] = [];
    for (const [name, client] of Object.entries(credentials.serviceAccounts)) {
      const token = clientTokens(oidc.issuer, client, { signal, reach });
      if (!hasAudience(claimsOf(await token()), oidc.audience)) {
        throw new Error(`the token of ${name} is not meant for ${oidc.audience}: MLflow would refuse it`);
      }
      const seen = await new MlflowApi(urls.mlflow, token, undefined, { signal, reach }).workspaces();
      if (seen.length !== 1 || seen[0] !== teams[client.team]?.workspace) {
        refusals.push(`${name} sees ${seen.length === 0 ? "no workspace" : seen.join(", ")}`);
      } else if (client.role !== "reader") {
        // What follows logs runs.
        found.push({ team: client.team, name, token });
      }
    }
    const [account] = found;
    if (account === undefined) {
      throw new Error(
        refusals.length > 0
          ? `no service account sees exactly its team's workspace: ${refusals.join("; ")}`
          : "the stack declares no service account that may log runs; add one under teams[].serviceAccounts, then run: npm run up",
      );
    }
    if (refusals.length > 0) {
      throw new Error(`not every service account sees exactly its team's workspace: ${refusals.join("; ")}`);
    }
    facts.put("account", account);
    facts.put(
      "otherAccount",
      found.find(({ team }) => team !== account.team),
    );
    return `${account.name} in ${account.team}`;
  },
};
