import { z } from "zod";
import { expectStatus, http, jsonOf } from "../../../../cli/smoke/http";
import type { KeycloakAdmin } from "../../../../cli/smoke/keycloak";

const tokenSchema = z.object({ access_token: z.string() });
const clientsSchema = z.array(z.object({ id: z.string() }));

/** What the tokens of a foreign client say. */
export interface Impostor {
  readonly clientId: string;
  /** Audience of its tokens. @default none */
  readonly audience?: string | undefined;
  /** Seconds that a token lives. */
  readonly lifespan: number;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Clients of the realm that claim to be somebody: made by its administrator for the test, removed afterwards. */
export class Impostors {
  private readonly made: string[] = [];

  /**
   * @param keycloak - the realm's administration
   * @param issuer - the realm's public address
   */
  public constructor(
    private readonly keycloak: KeycloakAdmin,
    private readonly issuer: string,
    private readonly secret: string,
  ) {}

  /** Makes a client. @returns a way to get tokens of it */
  public async make({ clientId, audience, lifespan, claims }: Impostor): Promise<() => Promise<string>> {
    const said = Object.entries(claims).map(([name, value]) => ({
      name,
      protocol: "openid-connect",
      protocolMapper: "oidc-hardcoded-claim-mapper",
      config: {
        "claim.name": name,
        "claim.value": typeof value === "string" ? value : JSON.stringify(value),
        "jsonType.label": typeof value === "string" ? "String" : "JSON",
        "access.token.claim": "true",
      },
    }));
    const meant = {
      name: "audience",
      protocol: "openid-connect",
      protocolMapper: "oidc-audience-mapper",
      config: { "included.custom.audience": audience, "access.token.claim": "true" },
    };
    const answer = await this.keycloak.call("/clients", {
      method: "POST",
      json: {
        ...{ clientId, enabled: true, publicClient: false, secret: this.secret },
        ...{ serviceAccountsEnabled: true, standardFlowEnabled: false, directAccessGrantsEnabled: false },
        ...{ fullScopeAllowed: false, defaultClientScopes: ["basic"], optionalClientScopes: [] },
        attributes: { "access.token.lifespan": String(lifespan) },
        protocolMappers: [...said, ...(audience === undefined ? [] : [meant])],
      },
    });
    expectStatus(answer, `making the client ${clientId}`, [201]);
    this.made.push(clientId);
    return () => this.token(clientId);
  }

  /** Removes the clients. */
  public async remove(): Promise<void> {
    for (const clientId of this.made.splice(0)) {
      const found = clientsSchema.parse(
        jsonOf(await this.keycloak.call("/clients", { query: { clientId } }), `the client ${clientId}`),
      );
      for (const { id } of found) {
        const gone = await this.keycloak.call(`/clients/${id}`, { method: "DELETE" });
        expectStatus(gone, `removing the client ${clientId}`, [204]);
      }
    }
  }

  private async token(clientId: string): Promise<string> {
    const answer = await http(`${this.issuer}/protocol/openid-connect/token`, {
      method: "POST",
      form: { grant_type: "client_credentials", client_id: clientId, client_secret: this.secret },
    });
    return tokenSchema.parse(jsonOf(answer, `token of ${clientId}`)).access_token;
  }
}
