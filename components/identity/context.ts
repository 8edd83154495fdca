import type * as keycloak from "@pulumi/keycloak";
import type * as pulumi from "@pulumi/pulumi";

/** What every resource of the realm needs. */
export interface RealmContext {
  readonly realmId: pulumi.Input<string>;
  readonly options: {
    readonly provider: keycloak.Provider;
    /** The realm's objects go with the volume of Keycloak's database, without a call each. */
    readonly deletedWith: pulumi.Resource;
  };
}
