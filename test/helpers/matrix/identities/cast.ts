import { USERS_GROUP, ADMINS_GROUP } from "../../../../config/schema";
import { teamGroup } from "../../../../lib/names";
import { MLFLOW_AUDIENCE } from "../../../../lib/mlflowEnv";
import type { SmokeContext } from "../../../../cli/smoke/context";
import { expectStatus, http, jsonOf } from "../../../../cli/smoke/http";
import { KeycloakAdmin } from "../../../../cli/smoke/keycloak";
import { MlflowApi, adminApi } from "../../../../cli/smoke/mlflow";
import { newPassword } from "../../../../cli/smoke/names";
import { claimsOf, clientTokens } from "../../../../cli/smoke/tokens";
import { until } from "../../until";
import { Maker, type Place } from "../targets";
import type { Identity, Role, Target } from "../types";
import { forgedTokens, realmKey } from "./forged";
import { Impostors } from "./impostors";
import { Person } from "./people";

/** Longest time until a disabled person is let in no more, as the platform promises. */
const DEPROVISIONING_MILLISECONDS = 90_000;

/** Life of tokens that must be refused for what they are, and not because a slow machine has let them grow old. */
const FOREIGN_SECONDS = 3600;

/** The two teams of the matrix, by their names in the settings, and a service account of each. */
export interface Teams {
  readonly a: { readonly team: string; readonly account: string };
  readonly b: { readonly team: string; readonly account: string };
}

/** Everybody who takes part. */
export class Cast {
  public readonly identities = new Map<string, Identity>();
  private readonly keycloak: KeycloakAdmin;
  private readonly impostors: Impostors;
  private readonly people = new Map<string, Person>();
  private readonly names = new Map<string, string>();

  public constructor(
    private readonly context: SmokeContext,
    private readonly teams: Teams,
    public readonly canary: string,
  ) {
    const { outputs } = context;
    this.keycloak = new KeycloakAdmin(outputs);
    this.impostors = new Impostors(this.keycloak, outputs.oidc.issuer, newPassword());
    context.cleanup.add("the administrator's session", async () => {
      await this.keycloak.close();
      return undefined;
    });
    context.cleanup.add("foreign clients", async () => {
      await this.impostors.remove();
      return undefined;
    });
  }

  /** A person by what it is. */
  public person(name: string): Person {
    const found = this.people.get(name);
    if (found === undefined) throw new Error(`nobody is called ${name}`);
    return found;
  }

  /** Where team A's things are, and whom callers try to let in. */
  public place(): Place {
    const { a, b } = this.teams;
    const team = this.context.outputs.teams[a.team];
    return {
      workspace: a.team,
      group: a.team,
      bucket: team?.bucket ?? "",
      username: this.person("bystander").username,
      grantee: this.person("member of B").username,
      granteeGroup: b.team,
    };
  }

  /** Makes the people and their tokens. */
  public async gather(): Promise<void> {
    const { a, b } = this.teams;
    const roles: [string, string[]][] = [
      ["member", [a.team, USERS_GROUP]],
      ["admin", [a.team, teamGroup(a.team, "admin"), USERS_GROUP]],
      ["reader", [teamGroup(a.team, "reader"), USERS_GROUP]],
      ["platform", [ADMINS_GROUP, USERS_GROUP]],
      ["member of B", [b.team, USERS_GROUP]],
      ["admin of B", [b.team, teamGroup(b.team, "admin"), USERS_GROUP]],
      ["grantee", [b.team, USERS_GROUP]],
      ["ex-member", [a.team, USERS_GROUP]],
      ["disabled", [a.team, USERS_GROUP]],
      // Takes no part: what callers try to do to other people's accounts, they try on this one.
      ["bystander", [a.team, USERS_GROUP]],
      ["in no team", [USERS_GROUP]],
      ["in no group", []],
    ];
    for (const [name, groups] of roles) {
      this.people.set(
        name,
        await Person.make(this.context, this.keycloak, name.replaceAll(" ", "-").toLowerCase(), groups),
      );
    }
    // A browser's sign-in makes an administrator's account; the others' come with their first token.
    for (const name of ["platform", "bystander"]) await this.person(name).signIn();
    const insiders: [string, Role][] = [
      ["member", "member"],
      ["admin", "admin"],
      ["reader", "reader"],
      ["platform", "platform"],
    ];
    for (const [name, role] of insiders) {
      this.add(name, role, this.bearer(name), name === "platform" ? { every: 2 } : {});
    }
    this.addOutsider("member of B", this.bearer("member of B"), { thorough: true });
    this.addOutsider("admin of B", this.bearer("admin of B"), { workspaces: [b.team], every: 2 });
    for (const [side, { account }] of [
      ["A", a],
      ["B", b],
    ] as const) {
      const client = this.context.outputs.credentials.serviceAccounts[account];
      if (client === undefined) throw new Error(`the stack has no service account ${account}`);
      const token = clientTokens(this.context.outputs.oidc.issuer, client);
      const authorization = async (): Promise<string> => `Bearer ${await token()}`;
      if (side === "A") this.add("service account", "member", authorization, { every: 2 });
      else
        this.addOutsider("service account of B", authorization, {
          workspaces: [a.team, undefined],
          every: 2,
        });
    }
    this.addOutsider("in no team", this.bearer("in no team"), {
      ...{ home: undefined, workspaces: [undefined], every: 2 },
    });
    this.addStranger("in no group", this.bearer("in no group"));
    this.addStranger("anonymous", async () => undefined);
    await this.personalTokens();
    await this.pretenders();
  }

  /** People who have lost something, or hold grants on single things: only once these things are there. */
  public async lose(target: Target): Promise<void> {
    const { a, b } = this.teams;
    const former = this.person("ex-member");
    const token = async (): Promise<string> => (await former.token()).access_token;
    const api = new MlflowApi(this.context.outputs.urls.mlflow, token, a.team);
    const made = await new Maker(api, this.context.outputs.urls.mlflow, token, this.canary).target(
      this.place(),
      { mcp: target.mcp },
    );
    await former.move(a.team, b.team);
    former.forget();
    await former.signIn();
    this.addOutsider("ex-member, own things", this.bearer("ex-member"), { target: made });
    this.addOutsider("ex-member", this.bearer("ex-member"), { every: 2 });

    const grantee = this.person("grantee");
    this.addOutsider("member of B with grants", this.bearer("grantee"));
    await this.warm("member of B with grants");
    const admin = adminApi(this.context.outputs, a.team);
    const base = `/api/2.0/mlflow/permissions/users/${grantee.username}`;
    for (const thing of [
      `experiments/${target.experiment}`,
      `registered-models/${target.model}`,
      `prompts/${target.prompt}`,
      `scorers/${target.experiment}/${target.scorer}`,
      `mcp-servers/${target.mcp}`,
    ]) {
      const answer = await admin.call(`${base}/${thing}`, { method: "POST", json: { permission: "MANAGE" } });
      expectStatus(answer, `granting ${thing}`, [200, 201]);
    }

    const disabled = this.person("disabled");
    const bearer = `Bearer ${(await disabled.token()).access_token}`;
    const basic = await disabled.personalToken();
    await disabled.disable();
    this.addStranger("disabled member", async () => bearer);
    this.addStranger("personal token of a disabled member", async () => basic);
    await until(async () => {
      const statuses = await Promise.all([
        this.statusOf("disabled member"),
        this.statusOf("personal token of a disabled member"),
      ]);
      return statuses.every((status) => status === 401);
    }, DEPROVISIONING_MILLISECONDS);
  }

  /** Lets MLflow make the accounts of all who are let in, so that nothing changes later by their first request. */
  public async warmAll(): Promise<void> {
    for (const name of this.identities.keys()) await this.warm(name);
  }

  /** What MLflow says to a question about oneself. */
  public async statusOf(name: string): Promise<number> {
    const authorization = await this.identities.get(name)?.authorization();
    const answer = await http(`${this.context.outputs.urls.mlflow}/api/2.0/mlflow/users/current`, {
      headers: authorization === undefined ? {} : { Authorization: authorization },
    });
    return answer.status;
  }

  private async warm(name: string): Promise<void> {
    await this.statusOf(name);
  }

  private async personalTokens(): Promise<void> {
    const basic = await this.person("member").personalToken();
    this.add("member by personal token", "member", async () => basic, { every: 4 });
    const [, secret = ""] = Buffer.from(basic.slice("Basic ".length), "base64").toString().split(":");
    const under = (username: string, password: string): string =>
      `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
    const admin = this.person("admin").username;
    this.addStranger("personal token under another name", async () => under(admin, secret));
    this.addStranger("personal token as bearer", async () => `Bearer ${secret}`);
    this.addStranger("personal token with no name", async () => under("", secret));
  }

  /** Tokens that look like a member's. */
  private async pretenders(): Promise<void> {
    const { oidc, credentials, providerEndpoints } = this.context.outputs;
    const member = this.person("member");
    const { access_token: genuine } = await member.token();
    this.addStranger("ID token", async () => `Bearer ${(await member.token()).id_token ?? ""}`);
    for (const [name, token] of forgedTokens(genuine, await realmKey(oidc.issuer))) {
      // All of them fail at the same check.
      this.addStranger(name, async () => `Bearer ${token}`, { every: 4 });
    }
    const claims = { preferred_username: member.username, groups: [this.teams.a.team, USERS_GROUP] };
    const { id } = this.context;
    const make = async (
      name: string,
      audience: string | undefined,
      lifespan: number,
    ): Promise<() => Promise<string>> =>
      this.impostors.make({ clientId: `matrix-${name}-${id}`, audience, lifespan, claims });
    const foreign = await (await make("foreign", undefined, FOREIGN_SECONDS))();
    const elsewhere = await (await make("elsewhere", oidc.clientId, FOREIGN_SECONDS))();
    const short = await (await make("short", MLFLOW_AUDIENCE, 1))();
    const control = await (await make("control", MLFLOW_AUDIENCE, FOREIGN_SECONDS))();
    this.addStranger("foreign client, no audience", async () => `Bearer ${foreign}`);
    this.addStranger("foreign client, another audience", async () => `Bearer ${elsewhere}`);
    // Shows that only audience and life keep the others out; no cells of the matrix.
    this.names.set("control", control);
    const { exp } = claimsOf(short);
    await until(async () => Date.now() / 1000 > Number(exp) + 1, 10_000);
    this.addStranger("expired token", async () => `Bearer ${short}`);
    const master = jsonOf(
      await http(`${providerEndpoints.keycloak}/realms/master/protocol/openid-connect/token`, {
        method: "POST",
        form: { grant_type: "password", client_id: "admin-cli", ...credentials.keycloakAdmin },
      }),
      "a token of the realm master",
    ) as { access_token: string };
    this.addStranger("token of another realm", async () => `Bearer ${master.access_token}`);
  }

  /** A token that differs from the refused ones by its audience and its life alone. */
  public get control(): string {
    return `Bearer ${this.names.get("control") ?? ""}`;
  }

  private bearer(name: string): Identity["authorization"] {
    const person = this.person(name);
    return async () => `Bearer ${(await person.token()).access_token}`;
  }

  private add(
    name: string,
    role: Role,
    authorization: Identity["authorization"],
    extras: Partial<Identity> = {},
  ): void {
    const offset = this.identities.size;
    this.identities.set(name, {
      name,
      role,
      authorization,
      workspaces: [this.teams.a.team],
      offset,
      ...extras,
    });
  }

  private addStranger(
    name: string,
    authorization: Identity["authorization"],
    extras: Partial<Identity> = {},
  ): void {
    this.add(name, "stranger", authorization, extras);
  }

  private addOutsider(
    name: string,
    authorization: Identity["authorization"],
    extras: Partial<Identity> = {},
  ): void {
    const { a, b } = this.teams;
    this.add(name, "outsider", authorization, { workspaces: [a.team, b.team], home: b.team, ...extras });
  }
}
