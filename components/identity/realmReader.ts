import * as keycloak from "@pulumi/keycloak";
import * as pulumi from "@pulumi/pulumi";
import type { BuiltInClient } from "./builtInClient";
import type { RealmContext } from "./context";
import { machineClient } from "./machineClient";
import { machineScopes } from "./scopes";

/** Roles of Keycloak's client `realm-management` that only read. */
export type ReaderRole = "query-groups" | "query-users" | "view-clients" | "view-events" | "view-users";

export interface RealmReaderArgs {
  readonly context: RealmContext;
  /** Keycloak's own client `realm-management`, whose roles are given. */
  readonly management: BuiltInClient;
  readonly clientId: string;
  readonly displayName: string;
  readonly roles: readonly ReaderRole[];
  /**
   * Client scopes of its tokens.
   *
   * @default the subject: no credential for anything but Keycloak's administration
   */
  readonly scopes?: readonly string[];
  /** What the scopes wait for. */
  readonly dependsOn?: readonly pulumi.Resource[];
}

/** An account of a service of the platform that reads the realm through Keycloak's administration, and can do nothing else. */
export class RealmReader extends pulumi.ComponentResource {
  public readonly clientId: string;
  public readonly clientSecret: pulumi.Output<string>;
  /** Exist once it may read. */
  public readonly ready: readonly pulumi.Resource[];

  public constructor(name: string, args: RealmReaderArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-platform:identity:RealmReader", name, {}, opts);
    const { realmId, options } = args.context;
    const child = { ...options, parent: this };
    this.clientId = args.clientId;
    const { client, secret } = machineClient(name, args, this);
    this.clientSecret = secret;
    const scopes = new keycloak.openid.ClientDefaultScopes(
      `${name}-scopes`,
      { realmId, clientId: client.id, defaultScopes: machineScopes(args.scopes ?? ["basic"]) },
      { ...child, dependsOn: [...(args.dependsOn ?? [])] },
    );
    const granted = args.roles.map((role) => {
      const given = new keycloak.openid.ClientServiceAccountRole(
        `${name}-role-${role}`,
        {
          realmId,
          serviceAccountUserId: client.serviceAccountUserId,
          clientId: args.management.id,
          role,
        },
        child,
      );
      // Without full scope a client uses a role only if the role is also in its scope.
      return new keycloak.GenericRoleMapper(
        `${name}-scope-${role}`,
        // The provider's id is `<user>/<role>`; nothing else gives the role's.
        { realmId, clientId: client.id, roleId: given.id.apply((id) => id.slice(id.lastIndexOf("/") + 1)) },
        child,
      );
    });
    this.ready = [scopes, ...granted];
    this.registerOutputs({ clientId: this.clientId });
  }
}
