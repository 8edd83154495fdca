import * as keycloak from "@pulumi/keycloak";
import * as minio from "@pulumi/minio";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { PlatformOutputs, Team } from "./platform";
import { prefixPolicy } from "./policy";

export interface TeamAccountArgs {
  readonly outputs: PlatformOutputs;
  readonly team: Team;
  /** Client id of the account. */
  readonly account: string;
  /** Prefix of the team's bucket that is the account's; ends with a slash. */
  readonly prefix: string;
  readonly keycloak: keycloak.Provider;
  readonly minio: minio.Provider;
}

/**
 * A service account of a team: logs runs in the team's workspace as its members do, and in the team's bucket has a
 * prefix only, where the team's own accounts have all of it.
 */
export class TeamAccount extends pulumi.ComponentResource {
  public readonly clientId: string;
  /** Secret. */
  public readonly clientSecret: pulumi.Output<string>;

  public constructor(name: string, args: TeamAccountArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-consumer:index:TeamAccount", name, {}, opts);
    const { account, team, prefix } = args;
    const { oidc, s3 } = args.outputs;
    const realmId = oidc.realm;
    const inRealm = { parent: this, provider: args.keycloak };
    this.clientId = account;
    this.clientSecret = new random.RandomPassword(
      `${name}-secret`,
      { length: 44, special: false },
      { parent: this },
    ).result;

    const policy = new minio.IamPolicy(
      `${name}-policy`,
      { name: `service-account-${account}`, policy: prefixPolicy({ bucket: team.bucket, prefix }) },
      { parent: this, provider: args.minio },
    );

    // A client that gets tokens by its own secret and can do nothing else: no browser, no person's password.
    const client = new keycloak.openid.Client(
      `${name}-client`,
      {
        realmId,
        clientId: account,
        name: `Team ${team.group}, made by ${pulumi.getProject()}`,
        enabled: true,
        accessType: "CONFIDENTIAL",
        clientSecret: this.clientSecret,
        serviceAccountsEnabled: true,
        standardFlowEnabled: false,
        implicitFlowEnabled: false,
        directAccessGrantsEnabled: false,
        fullScopeAllowed: false,
        webOrigins: [],
      },
      inRealm,
    );
    const ofClient = { realmId, clientId: client.id };
    // Subject and name; the audience of MLflow; the groups, by which MLflow knows the team.
    const scopes = ["basic", oidc.scopes.groups, oidc.scopes.mlflow, "profile"].sort();
    const tokens = [
      new keycloak.openid.ClientDefaultScopes(
        `${name}-scopes`,
        { ...ofClient, defaultScopes: scopes },
        inRealm,
      ),
      // Not the platform's scope for the object store: with it the account had what the team's group has.
      new keycloak.openid.AudienceProtocolMapper(
        `${name}-s3-audience`,
        { ...ofClient, name: "object store audience", includedClientAudience: s3.audience },
        inRealm,
      ),
      new keycloak.openid.HardcodedClaimProtocolMapper(
        `${name}-s3-policy`,
        {
          ...ofClient,
          name: "policies",
          claimName: s3.policyClaim,
          claimValue: pulumi.interpolate`${policy.name},${s3.revokedPolicy}`,
          claimValueType: "String",
        },
        inRealm,
      ),
    ];

    const groups = [oidc.usersGroup, team.group].map(
      (group) =>
        keycloak.getGroupOutput({ realmId, name: group }, { parent: this, provider: args.keycloak }).id,
    );
    // MLflow makes the account at its first request, which is refused without these groups.
    new keycloak.UserGroups(
      `${name}-groups`,
      { realmId, userId: client.serviceAccountUserId, groupIds: groups },
      { ...inRealm, dependsOn: tokens },
    );
    this.registerOutputs({ clientId: this.clientId, clientSecret: this.clientSecret });
  }
}
