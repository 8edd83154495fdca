import * as keycloak from "@pulumi/keycloak";
import type * as pulumi from "@pulumi/pulumi";
import { password } from "../password";
import type { RealmContext } from "./context";

export interface MachineClientArgs {
  readonly context: RealmContext;
  readonly clientId: string;
  readonly displayName: string;
  /** Another one is another secret; the old one is refused at once. @default 1 */
  readonly generation?: number;
}

/** A client that gets tokens by its own credentials and can do nothing else: no browser, no person's password. */
export interface MachineClient {
  readonly client: keycloak.openid.Client;
  readonly secret: pulumi.Output<string>;
}

/**
 * Declares such a client with a generated secret.
 *
 * @param name - Pulumi name; the secret's is `<name>-secret`
 */
export function machineClient(name: string, args: MachineClientArgs, parent: pulumi.Resource): MachineClient {
  const { realmId, options } = args.context;
  const secret = password(`${name}-secret`, parent, args.generation);
  const client = new keycloak.openid.Client(
    name,
    {
      realmId,
      clientId: args.clientId,
      name: args.displayName,
      enabled: true,
      accessType: "CONFIDENTIAL",
      clientSecret: secret,
      serviceAccountsEnabled: true,
      standardFlowEnabled: false,
      implicitFlowEnabled: false,
      directAccessGrantsEnabled: false,
      fullScopeAllowed: false,
      webOrigins: [],
    },
    { ...options, parent },
  );
  return { client, secret };
}
