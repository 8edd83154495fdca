import * as keycloak from "@pulumi/keycloak";
import * as pulumi from "@pulumi/pulumi";
import type { RealmContext } from "./context";
import { machineClient } from "./machineClient";
import type { Abilities, Scopes } from "./scopes";

export interface ServiceAccountArgs {
  readonly context: RealmContext;
  readonly scopes: Scopes;
  readonly clientId: string;
  readonly displayName: string;
  readonly abilities: Abilities;
  /** Groups that the account is a member of, by id. */
  readonly groups: readonly pulumi.Input<string>[];
  /** Raised by one, the account gets a new secret; the old one is refused at once. */
  readonly generation: number;
}

/** A headless identity: a client that gets tokens by its credentials and does nothing else. */
export class ServiceAccount extends pulumi.ComponentResource {
  public readonly clientId: string;
  public readonly clientSecret: pulumi.Output<string>;
  /** The subject (`sub`) of its tokens. */
  public readonly subject: pulumi.Output<string>;
  /** Exists once its tokens say what they should. */
  public readonly ready: pulumi.Resource;

  public constructor(name: string, args: ServiceAccountArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-platform:identity:ServiceAccount", name, {}, opts);
    const { realmId, options } = args.context;
    const child = { ...options, parent: this };
    this.clientId = args.clientId;
    const { client, secret } = machineClient(name, args, this);
    this.clientSecret = secret;
    this.subject = client.serviceAccountUserId;
    const granted = args.scopes.grant(
      `${name}-scopes`,
      args.context,
      client,
      { ...args.abilities, machine: true },
      this,
    );
    this.ready =
      args.groups.length === 0
        ? granted
        : new keycloak.UserGroups(
            `${name}-groups`,
            { realmId, userId: this.subject, groupIds: [...args.groups] },
            { ...child, dependsOn: [granted] },
          );
    this.registerOutputs({ clientId: this.clientId });
  }
}
