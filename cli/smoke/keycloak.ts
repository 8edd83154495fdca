import { z } from "zod";
import { expectStatus, http, type HttpAnswer, type HttpRequest, jsonOf } from "./http";
import type { StackOutputs } from "./outputs";

const sessionSchema = z.object({
  access_token: z.string(),
  refresh_token: z.string(),
  expires_in: z.number(),
});
const usersSchema = z.array(
  z.object({
    id: z.string(),
    username: z.string(),
    email: z.string().optional(),
    createdTimestamp: z.number().default(0),
  }),
);
const groupsSchema = z.array(z.object({ id: z.string(), name: z.string() }));

/** A user as Keycloak's administrator sees it. */
export type RealmUser = z.output<typeof usersSchema>[number];

/** A user to be created. */
export interface NewUser {
  readonly username: string;
  readonly password: string;
  readonly email: string;
  readonly groups: readonly string[];
}

/** Keycloak's admin REST API on the provider port, which NGINX does not serve. */
export class KeycloakAdmin {
  private session: (z.output<typeof sessionSchema> & { until: number }) | undefined;

  public constructor(
    private readonly outputs: StackOutputs,
    private readonly signal?: AbortSignal,
  ) {}

  /** Creates a user with a password of its own that need not be changed, member of the groups. */
  public async createUser(user: NewUser): Promise<void> {
    const known = groupsSchema.parse(
      jsonOf(
        await this.call("/groups", { query: { max: "10000", briefRepresentation: "true" } }),
        "groups of the realm",
      ),
    );
    const ids = user.groups.map((name) => {
      const group = known.find((candidate) => candidate.name === name);
      if (group === undefined) {
        throw new Error(`the realm ${this.outputs.oidc.realm} has no group ${name}`);
      }
      return group.id;
    });
    const created = await this.call("/users", {
      method: "POST",
      json: {
        username: user.username,
        email: user.email,
        emailVerified: true,
        firstName: "Smoke",
        lastName: "Test",
        enabled: true,
        credentials: [{ type: "password", value: user.password, temporary: false }],
      },
    });
    expectStatus(created, `creating the user ${user.username}`, [201]);
    const found = await this.findUser(user.username);
    if (found === undefined) {
      throw new Error(`the user ${user.username} was created, but Keycloak does not list it`);
    }
    for (const id of ids) {
      const joined = await this.call(`/users/${found.id}/groups/${id}`, { method: "PUT", json: {} });
      expectStatus(joined, `adding ${user.username} to a group`, [204]);
    }
  }

  /** @returns the user of exactly this name, or undefined */
  public async findUser(username: string): Promise<RealmUser | undefined> {
    const answer = await this.call("/users", { query: { username, exact: "true" } });
    return usersSchema.parse(jsonOf(answer, "users of the realm"))[0];
  }

  /** @returns users whose name begins with the prefix */
  public async usersBeginningWith(prefix: string): Promise<RealmUser[]> {
    const answer = await this.call("/users", { query: { search: `${prefix}*`, max: "200" } });
    return usersSchema
      .parse(jsonOf(answer, "users of the realm"))
      .filter((user) => user.username.startsWith(prefix));
  }

  /** Removes a user and with it its sessions. */
  public async deleteUser(user: RealmUser): Promise<void> {
    const answer = await this.call(`/users/${user.id}`, { method: "DELETE" });
    expectStatus(answer, `removing the user ${user.username}`, [204, 404]);
  }

  /** Ends the administrator's own session. */
  public async close(): Promise<void> {
    if (this.session !== undefined) {
      await http(`${this.outputs.providerEndpoints.keycloak}/realms/master/protocol/openid-connect/logout`, {
        method: "POST",
        form: { client_id: "admin-cli", refresh_token: this.session.refresh_token },
      });
      this.session = undefined;
    }
  }

  /** Makes one call below the realm's administration. */
  public async call(path: string, request: HttpRequest = {}): Promise<HttpAnswer> {
    const { keycloak } = this.outputs.providerEndpoints;
    return http(`${keycloak}/admin/realms/${encodeURIComponent(this.outputs.oidc.realm)}${path}`, {
      ...request,
      headers: { Authorization: `Bearer ${await this.token()}` },
      signal: this.signal,
    });
  }

  /** The administrator's token lives a minute in the realm `master`; it is fetched anew before that. */
  private async token(): Promise<string> {
    if (this.session === undefined || this.session.until < Date.now()) {
      await this.close();
      const { keycloakAdmin } = this.outputs.credentials;
      const answer = await http(
        `${this.outputs.providerEndpoints.keycloak}/realms/master/protocol/openid-connect/token`,
        {
          method: "POST",
          form: { grant_type: "password", client_id: "admin-cli", ...keycloakAdmin },
          signal: this.signal,
        },
      );
      const session = sessionSchema.parse(jsonOf(answer, "signing in as Keycloak's administrator"));
      this.session = { ...session, until: Date.now() + (session.expires_in * 1000) / 2 };
    }
    return this.session.access_token;
  }
}
