import type { Role, Team } from "../config/settings";
import { REVOKED_POLICY, rolePolicy, teamGroup } from "./names";

/** What MLflow's login plugin calls each role's permission in the team's workspace. */
export const PERMISSIONS = { reader: "READ", member: "EDIT", admin: "MANAGE" } as const satisfies Record<
  Role,
  string
>;

/** A team's Keycloak group of one role. */
export interface RoleGroup {
  readonly team: string;
  readonly role: Role;
  readonly group: string;
  /** Names of the object store's policies that come with it. */
  readonly policies: readonly string[];
}

/**
 * The groups that a team has: one for its members always, one for administrators and readers if there are any.
 * So a team that uses neither costs nothing more.
 */
export function roleGroups(team: Team): RoleGroup[] {
  return rolesIn(team).map((role) => ({
    team: team.name,
    role,
    group: teamGroup(team.name, role),
    policies: [rolePolicy(team.name, role), REVOKED_POLICY],
  }));
}

/** Roles that somebody in the team holds, and that of members. */
export function rolesIn(team: Team): Role[] {
  const held = (role: Role): boolean => team.serviceAccounts.some((account) => account.role === role);
  return [
    "member",
    ...(team.admins.length > 0 || held("admin") ? (["admin"] as const) : []),
    ...(team.readers.length > 0 || held("reader") ? (["reader"] as const) : []),
  ];
}

/** The role of a person in a team; undefined for somebody who is not in it. */
export function roleOf(team: Team, username: string): Role | undefined {
  if (team.admins.includes(username)) return "admin";
  if (team.members.includes(username)) return "member";
  return team.readers.includes(username) ? "reader" : undefined;
}

/** Groups that make up a role in a team: administrators are members as well. */
export function groupsOfRole(team: string, role: Role): string[] {
  return role === "admin" ? [teamGroup(team, "member"), teamGroup(team, "admin")] : [teamGroup(team, role)];
}
