import * as keycloak from "@pulumi/keycloak";
import * as pulumi from "@pulumi/pulumi";
import { realmName } from "../../lib/names";
import { ACCESS_TOKEN_MINUTES } from "../../lib/wardenEnv";
import { EVENT_TYPES } from "./eventTypes";

export interface RealmArgs {
  readonly stack: string;
  readonly provider: keycloak.Provider;
  /** The volume that holds Keycloak's database: the realm goes when it goes. */
  readonly storedIn: pulumi.Resource;
}

/** The stack's realm: who may sign in, how long, and what is recorded. */
export class Realm extends pulumi.ComponentResource {
  public readonly realm: keycloak.Realm;

  public constructor(name: string, args: RealmArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-platform:identity:Realm", name, {}, opts);
    const options = { parent: this, provider: args.provider, deletedWith: args.storedIn };
    this.realm = new keycloak.Realm(
      name,
      {
        realm: realmName(args.stack),
        displayName: `MLflow (${args.stack})`,
        enabled: true,
        sslRequired: "external",
        // A name once given always means the same person, in MLflow too.
        registrationAllowed: false,
        editUsernameAllowed: false,
        duplicateEmailsAllowed: false,
        resetPasswordAllowed: false,
        rememberMe: false,
        loginWithEmailAllowed: true,
        passwordPolicy: "length(12) and notUsername and notEmail",
        defaultSignatureAlgorithm: "RS256",
        // A disabled person is out after one access token's life at the latest.
        accessTokenLifespan: `${ACCESS_TOKEN_MINUTES}m`,
        ssoSessionIdleTimeout: "8h",
        ssoSessionMaxLifespan: "24h",
        offlineSessionIdleTimeout: "720h",
        oauth2DeviceCodeLifespan: "10m",
        revokeRefreshToken: false,
        securityDefenses: {
          bruteForceDetection: {
            permanentLockout: false,
            maxLoginFailures: 10,
            waitIncrementSeconds: 60,
            maxFailureWaitSeconds: 900,
            failureResetTimeSeconds: 43_200,
            quickLoginCheckMilliSeconds: 1000,
            minimumQuickLoginWaitSeconds: 60,
          },
        },
      },
      options,
    );
    new keycloak.RealmEvents(
      `${name}-events`,
      {
        realmId: this.realm.id,
        eventsEnabled: true,
        enabledEventTypes: [...EVENT_TYPES],
        // Seconds: 90 days.
        eventsExpiration: 7_776_000,
        eventsListeners: ["jboss-logging"],
        adminEventsEnabled: true,
        // Details would hold secrets of clients and passwords of users.
        adminEventsDetailsEnabled: false,
      },
      options,
    );
    this.registerOutputs({ realm: this.realm.realm });
  }
}
