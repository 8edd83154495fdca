import * as pulumi from "@pulumi/pulumi";
import type * as keycloak from "@pulumi/keycloak";
import type { Team, User } from "../../config/settings";
import { AUDIT_CLIENT } from "../../lib/auditEnv";
import { INTERNAL_PORT } from "../../lib/endpoints";
import { PROVISIONER_CLIENT, WARDEN_CLIENT } from "../../lib/mlflowEnv";
import { realmName } from "../../lib/names";
import { groupsOfRole } from "../../lib/teams";
import type { Platform } from "../types";
import { BuiltInClient } from "./builtInClient";
import { Clients } from "./clients";
import type { RealmContext } from "./context";
import { People } from "./people";
import { Realm } from "./realm";
import { RealmReader } from "./realmReader";
import { type Abilities, MLFLOW_SCOPE, Scopes } from "./scopes";
import { ServiceAccount } from "./serviceAccount";

export interface IdentityArgs {
  readonly platform: Platform;
  readonly provider: keycloak.Provider;
  /** Keycloak's loopback address and administrator, for what the provider cannot do. */
  readonly admin: {
    readonly url: string;
    readonly username: string;
    readonly password: pulumi.Input<string>;
  };
  readonly storedIn: pulumi.Resource;
  readonly users: readonly User[];
  readonly teams: readonly Team[];
  readonly temporaryPasswords: boolean;
}

/** Everything in Keycloak: realm, clients, scopes, groups, users and service accounts. */
export class Identity extends pulumi.ComponentResource {
  /** Name of the realm. */
  public readonly realm: string;
  /** The issuer in every token: the realm's public address. */
  public readonly issuer: string;
  /** The realm's address inside the network. */
  public readonly internalRealmUrl: string;
  public readonly clients: Clients;
  public readonly people: People;
  /** Service accounts of the teams, by client id. */
  public readonly serviceAccounts: ReadonlyMap<string, ServiceAccount>;
  /** The account with which this program configures MLflow. */
  public readonly provisioner: ServiceAccount;
  /** The account with which the audit service reads events. */
  public readonly auditor: RealmReader;
  /** The account with which the warden reads this realm and changes MLflow's accounts. */
  public readonly warden: RealmReader;

  public constructor(name: string, args: IdentityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-platform:identity:Identity", name, {}, opts);
    const { platform } = args;
    const child = { parent: this };
    const { urls } = platform.endpoints;
    const realm = new Realm(
      `${name}-realm`,
      { stack: platform.stack, provider: args.provider, storedIn: args.storedIn },
      child,
    );
    this.realm = realmName(platform.stack);
    this.issuer = `${urls.auth}/realms/${this.realm}`;
    this.internalRealmUrl = `http://keycloak:${INTERNAL_PORT.keycloak}/realms/${this.realm}`;
    const context: RealmContext = {
      realmId: realm.realm.id,
      options: { provider: args.provider, deletedWith: args.storedIn },
    };
    this.clients = new Clients(`${name}-clients`, { context, urls }, child);
    const scopes = new Scopes(`${name}-scopes`, { context, s3Audience: this.clients.minio.clientId }, child);
    const { mlflow, cli, minio } = this.clients;
    scopes.grant(`${name}-mlflow-scopes`, context, mlflow, { mlflow: true, s3: false }, this);
    scopes.grant(`${name}-cli-scopes`, context, cli, { mlflow: true, s3: true }, this);
    scopes.grant(`${name}-minio-scopes`, context, minio, { mlflow: false, s3: true }, this);
    this.people = new People(
      `${name}-people`,
      { context, users: args.users, teams: args.teams, temporaryPasswords: args.temporaryPasswords },
      child,
    );
    const account = (
      clientId: string,
      displayName: string,
      abilities: Abilities,
      groups: pulumi.Input<string>[],
      generation = 1,
    ) =>
      new ServiceAccount(
        `${name}-account-${clientId}`,
        { context, scopes, clientId, displayName, abilities, groups, generation },
        child,
      );
    this.provisioner = account(PROVISIONER_CLIENT, "Configures MLflow", { mlflow: true, s3: false }, []);
    this.serviceAccounts = new Map(
      args.teams.flatMap((team) =>
        team.serviceAccounts.map(({ name: clientId, role, generation }) => {
          const groups = groupsOfRole(team.name, role).flatMap(
            (group) => this.people.teamGroups.get(group) ?? [],
          );
          const abilities = { mlflow: true, s3: true };
          const ids = groups.map(({ id }) => id);
          return [clientId, account(clientId, `Team ${team.name}`, abilities, ids, generation)];
        }),
      ),
    );
    const management = new BuiltInClient(
      `${name}-realm-management`,
      { ...args.admin, realm: realm.realm.realm, clientId: "realm-management" },
      { parent: this, deletedWith: args.storedIn, dependsOn: [realm.realm] },
    );
    this.auditor = new RealmReader(
      `${name}-auditor`,
      {
        context,
        management,
        clientId: AUDIT_CLIENT,
        displayName: "Reads events for the audit",
        // Users, because most events name them by id only.
        roles: ["view-events", "view-users"],
      },
      child,
    );
    this.warden = new RealmReader(
      `${name}-warden`,
      {
        context,
        management,
        clientId: WARDEN_CLIENT,
        displayName: "Keeps MLflow and the object store in step with this realm",
        roles: ["view-clients", "view-events", "view-users"],
        // It changes MLflow's accounts by the same tokens.
        scopes: ["basic", MLFLOW_SCOPE, "profile"],
        dependsOn: [scopes],
      },
      child,
    );
    this.registerOutputs({ realm: this.realm, issuer: this.issuer });
  }
}
