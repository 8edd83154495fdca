import * as keycloak from "@pulumi/keycloak";
import * as pulumi from "@pulumi/pulumi";
import { POLICY_CLAIM } from "../../lib/minioEnv";
import { MLFLOW_AUDIENCE } from "../../lib/mlflowEnv";
import type { RealmContext } from "./context";

/** Keycloak's own scopes that our clients keep: subject, name, e-mail, authentication time, allowed origins. */
const BUILT_IN = ["acr", "basic", "email", "profile", "web-origins"];

/** Adds the audience `mlflow-api`. Only clients that may call MLflow have it. */
export const MLFLOW_SCOPE = "mlflow-api";
/** Adds the claim `groups`, names without path. */
export const GROUPS_SCOPE = "groups";
/** Adds the claim `policy`, by which the object store grants buckets, and its audience. */
export const S3_SCOPE = "s3-access";
/**
 * Keycloak's own: says which client a token is of, and where it was asked for. Keycloak gives it to a client with a
 * service account whenever that client is written, so a list without it would be taken back at every new secret.
 */
const SERVICE_ACCOUNT_SCOPE = "service_account";

/** The default scopes of a client that gets tokens by its own credentials, sorted. */
export function machineScopes(scopes: readonly string[]): string[] {
  return [...scopes, SERVICE_ACCOUNT_SCOPE].sort();
}

/** What a client may do with its tokens. */
export interface Abilities {
  /** Call MLflow. */
  readonly mlflow: boolean;
  /** Get temporary credentials of the object store. */
  readonly s3: boolean;
  /** Get tokens by credentials of its own. @default false: a client of people */
  readonly machine?: boolean;
}

export interface ScopesArgs {
  readonly context: RealmContext;
  /** Client id of the object store, the audience of `s3-access`. */
  readonly s3Audience: pulumi.Input<string>;
}

/** The client scopes and their mappers: what a token says, and to whom it is addressed. */
export class Scopes extends pulumi.ComponentResource {
  private readonly scopes: readonly keycloak.openid.ClientScope[];

  public constructor(name: string, args: ScopesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-platform:identity:Scopes", name, {}, opts);
    const { realmId, options } = args.context;
    const child = { ...options, parent: this };
    const scope = (scopeName: string, description: string): keycloak.openid.ClientScope =>
      new keycloak.openid.ClientScope(
        `${name}-${scopeName}`,
        { realmId, name: scopeName, description, includeInTokenScope: false },
        child,
      );
    const mlflow = scope(MLFLOW_SCOPE, "May call MLflow");
    const groups = scope(GROUPS_SCOPE, "Names of the user's groups");
    const s3 = scope(S3_SCOPE, "May get temporary credentials of the object store");
    new keycloak.openid.AudienceProtocolMapper(
      `${name}-mlflow-audience`,
      {
        realmId,
        clientScopeId: mlflow.id,
        name: "mlflow audience",
        includedCustomAudience: MLFLOW_AUDIENCE,
        // Not on ID tokens: they are no credential for MLflow.
        addToIdToken: false,
        addToAccessToken: true,
      },
      child,
    );
    new keycloak.openid.GroupMembershipProtocolMapper(
      `${name}-groups-claim`,
      { realmId, clientScopeId: groups.id, name: "groups", claimName: "groups", fullPath: false },
      child,
    );
    new keycloak.openid.UserAttributeProtocolMapper(
      `${name}-policy-claim`,
      {
        realmId,
        clientScopeId: s3.id,
        name: "policy",
        userAttribute: "policy",
        claimName: POLICY_CLAIM,
        claimValueType: "String",
        multivalued: true,
        // The attribute is on the groups; a member of two teams gets both policies.
        aggregateAttributes: true,
      },
      child,
    );
    new keycloak.openid.AudienceProtocolMapper(
      `${name}-s3-audience`,
      {
        realmId,
        clientScopeId: s3.id,
        name: "object store audience",
        includedClientAudience: args.s3Audience,
        addToIdToken: true,
        addToAccessToken: true,
      },
      child,
    );
    this.scopes = [mlflow, groups, s3];
    this.registerOutputs({ scopes: [MLFLOW_SCOPE, GROUPS_SCOPE, S3_SCOPE] });
  }

  /**
   * Gives a client its scopes. The list is authoritative: scopes that Keycloak adds by itself and that are not
   * named here, such as `roles`, are taken away.
   *
   * @param name - Pulumi name
   */
  public grant(
    name: string,
    context: RealmContext,
    client: keycloak.openid.Client,
    abilities: Abilities,
    parent: pulumi.Resource,
  ): keycloak.openid.ClientDefaultScopes {
    const own = [
      GROUPS_SCOPE,
      ...(abilities.mlflow ? [MLFLOW_SCOPE] : []),
      ...(abilities.s3 ? [S3_SCOPE] : []),
    ];
    const scopes = [...BUILT_IN, ...own].sort();
    const defaultScopes = abilities.machine === true ? machineScopes(scopes) : scopes;
    return new keycloak.openid.ClientDefaultScopes(
      name,
      { realmId: context.realmId, clientId: client.id, defaultScopes },
      { ...context.options, parent, dependsOn: [...this.scopes] },
    );
  }
}
