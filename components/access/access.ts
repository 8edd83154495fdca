import * as pulumi from "@pulumi/pulumi";
import type { Role, Team } from "../../config/settings";
import { serviceAccountUser, teamBucket } from "../../lib/names";
import { PERMISSIONS, roleGroups } from "../../lib/teams";
import type { Identity } from "../identity/identity";
import type { Mlflow } from "../mlflow";
import type { Platform } from "../types";
import { Account } from "./account";
import { Grant } from "./grant";
import { Workspace } from "./workspace";

export interface AccessArgs {
  readonly platform: Platform;
  readonly identity: Identity;
  readonly mlflow: Mlflow;
  readonly teams: readonly Team[];
  readonly artifacts: "proxied" | "direct";
  /** The volume that holds MLflow's databases: workspaces and grants go when it goes. */
  readonly storedIn: pulumi.Resource;
}

/** Each team's workspace in MLflow, and who may do what in it. */
export class Access extends pulumi.ComponentResource {
  public constructor(name: string, args: AccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-platform:access:Access", name, {}, opts);
    const { platform, identity, mlflow } = args;
    const connection = {
      apiUrl: mlflow.providerUrl,
      tokenUrl: `http://127.0.0.1:${platform.endpoints.providerPorts.keycloak}/realms/${identity.realm}/protocol/openid-connect/token`,
      clientId: identity.provisioner.clientId,
      clientSecret: identity.provisioner.clientSecret,
    };
    const options = {
      parent: this,
      deletedWith: args.storedIn,
      dependsOn: [...mlflow.ready, identity.provisioner.ready],
    };
    for (const team of args.teams) {
      const workspace = new Workspace(
        `${name}-${team.name}`,
        {
          ...connection,
          name: team.name,
          description: `Team ${team.name}`,
          artifactRoot: args.artifacts === "direct" ? `s3://${teamBucket(team.name)}` : "",
          retain: team.retain,
        },
        options,
      );
      const grant = (
        resource: string,
        kind: "group" | "user",
        holder: string,
        role: Role,
        account: pulumi.Resource[],
      ) =>
        new Grant(
          resource,
          { ...connection, workspace: team.name, kind, holder, permission: PERMISSIONS[role] },
          {
            ...options,
            dependsOn: [...options.dependsOn, workspace, ...account],
            // MLflow drops an account's grants together with the account.
            replaceWith: account,
            deleteBeforeReplace: true,
          },
        );
      for (const { role, group } of roleGroups(team)) {
        grant(`${name}-${team.name}-${role}s`, "group", group, role, []);
      }
      for (const { name: clientId, role } of team.serviceAccounts) {
        const serviceAccount = identity.serviceAccounts.get(clientId);
        if (serviceAccount === undefined) continue;
        const username = serviceAccountUser(clientId);
        const account = new Account(
          `${name}-account-${clientId}`,
          {
            ...connection,
            username,
            displayName: `${clientId} (team ${team.name})`,
            subject: serviceAccount.subject,
          },
          options,
        );
        grant(`${name}-account-${clientId}-grant`, "user", username, role, [account]);
      }
    }
    this.registerOutputs({ workspaces: args.teams.map((team) => team.name) });
  }
}
