import * as keycloak from "@pulumi/keycloak";
import * as pulumi from "@pulumi/pulumi";
import { ADMINS_GROUP, USERS_GROUP } from "../../config/schema";
import type { Team, User } from "../../config/settings";
import { ADMINS_POLICY, REVOKED_POLICY } from "../../lib/names";
import { groupsOfRole, roleGroups, roleOf } from "../../lib/teams";
import { password } from "../password";
import type { RealmContext } from "./context";

export interface PeopleArgs {
  readonly context: RealmContext;
  readonly users: readonly User[];
  readonly teams: readonly Team[];
  /** First passwords must be changed at the first login. */
  readonly temporaryPasswords: boolean;
}

/** Groups and users of the realm, as the settings declare them. */
export class People extends pulumi.ComponentResource {
  /** Groups of the teams' roles, by the group's name. */
  public readonly teamGroups: ReadonlyMap<string, keycloak.Group>;
  /** First password of each user, by username. Secret. */
  public readonly firstPasswords: Readonly<Record<string, pulumi.Output<string>>>;

  public constructor(name: string, args: PeopleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-platform:identity:People", name, {}, opts);
    const group = (groupName: string, policies: readonly string[]): keycloak.Group =>
      new keycloak.Group(
        `${name}-group-${groupName}`,
        {
          realmId: args.context.realmId,
          name: groupName,
          // The provider's way to write several values.
          attributes: policies.length === 0 ? {} : { policy: policies.join("##") },
        },
        { ...args.context.options, parent: this },
      );
    const users = group(USERS_GROUP, []);
    const admins = group(ADMINS_GROUP, [ADMINS_POLICY, REVOKED_POLICY]);
    this.teamGroups = new Map(
      args.teams.flatMap(roleGroups).map((role) => [role.group, group(role.group, role.policies)]),
    );
    this.firstPasswords = Object.fromEntries(
      args.users.map((user) => {
        const teams = args.teams.flatMap((team) => {
          const role = roleOf(team, user.username);
          return role === undefined ? [] : [{ team: team.name, groups: groupsOfRole(team.name, role) }];
        });
        const platform = [...(teams.length > 0 ? [users] : []), ...(user.admin ? [admins] : [])];
        return [user.username, this.person(name, args, user, platform, teams)];
      }),
    );
    this.registerOutputs({ groups: [USERS_GROUP, ADMINS_GROUP, ...this.teamGroups.keys()] });
  }

  private person(
    name: string,
    args: PeopleArgs,
    user: User,
    platform: readonly keycloak.Group[],
    teams: readonly { readonly team: string; readonly groups: readonly string[] }[],
  ): pulumi.Output<string> {
    const { realmId, options } = args.context;
    const child = { ...options, parent: this };
    const firstPassword = password(`${name}-${user.username}-password`, this);
    const person = new keycloak.User(
      `${name}-${user.username}`,
      {
        realmId,
        username: user.username,
        email: user.email,
        // Declared by whoever runs the platform, so taken as true.
        emailVerified: true,
        firstName: user.firstName,
        lastName: user.lastName,
        enabled: true,
        initialPassword: { value: firstPassword, temporary: args.temporaryPasswords },
      },
      // Keycloak's own note that the first password must be changed; the second `up` would take it back.
      { ...child, ignoreChanges: ["requiredActions"] },
    );
    // One resource for each membership, so that a new team shows as creations and touches nobody's others.
    const membership = (
      resource: string,
      groups: readonly keycloak.Group[],
      dependsOn: pulumi.Resource[],
    ): pulumi.Resource[] =>
      groups.length === 0
        ? []
        : [
            new keycloak.UserGroups(
              resource,
              { realmId, userId: person.id, groupIds: groups.map(({ id }) => id), exhaustive: false },
              { ...child, dependsOn },
            ),
          ];
    // First: where it still held all of a person's groups, its update takes those of teams away.
    const first = membership(`${name}-${user.username}-groups`, platform, []);
    for (const { team, groups } of teams) {
      const found = groups.flatMap((group) => this.teamGroups.get(group) ?? []);
      membership(`${name}-${user.username}-in-${team}`, found, first);
    }
    return firstPassword;
  }
}
