import { type Settings, parseSettings } from "../../config/settings";

/** People of {@link sampleSettings}. */
export const USERS = [
  { username: "ada", email: "ada@example.com", firstName: "Ada", lastName: "Admin", admin: true },
  { username: "vera", email: "vera@example.com", firstName: "Vera", lastName: "Vision" },
  { username: "luis", email: "luis@example.com", firstName: "Luis", lastName: "Language" },
  { username: "nora", email: "nora@example.com", firstName: "Nora", lastName: "Nobody" },
] as const;

/** Teams of {@link sampleSettings}. */
export const TEAMS = [
  { name: "vision", members: ["vera", "luis"], serviceAccounts: ["vision-ci"] },
  { name: "language", members: ["luis"], serviceAccounts: ["language-ci", "language-cron"], quotaGiB: 5 },
] as const;

/**
 * Checked settings of a stack with two teams, an administrator, a person in both teams and one in none.
 *
 * @param changed - keys that differ from it
 */
export function sampleSettings(changed: Readonly<Record<string, unknown>> = {}, stack = "dev"): Settings {
  return parseSettings(stack, { users: USERS, teams: TEAMS, ...changed });
}
