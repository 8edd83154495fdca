import type { TestStack } from "../../helpers/testStack";

export const NAME = "teams";
export const PORT_BASE = 9600;
export const MINUTES = 60_000;

/** What all parts of this suite work with. */
export interface Scene {
  readonly stack: TestStack;
}

/** Hands the scene out once it is set up. */
export type GetScene = () => Scene;

/** A person of the settings; names in scripts of their own, as people have them. */
function person(username: string, firstName: string, lastName: string): Readonly<Record<string, string>> {
  return { username, email: `${username}@example.com`, firstName, lastName };
}

/** People: each role of both teams, a platform administrator, somebody in no team. */
export const USERS = [
  { ...person("ada", "Ada", "Admin"), admin: true },
  person("vera", "Вера", "Ví­sión"),
  person("vala", "視", "管理者"),
  person("vito", "Vito", "O’Reader-Ñandú"),
  person("luis", "Luis", "Language"),
  person("lara", "Lara", "Language"),
  person("nora", "Nora", "Nobody"),
];

/** Teams: vision with all roles, language beside it. */
export const VISION = {
  name: "vision",
  members: ["vera"],
  admins: ["vala"],
  readers: ["vito"],
  serviceAccounts: ["vision-ci", { name: "vision-report", role: "reader" }],
};
export const LANGUAGE = {
  name: "language",
  members: ["luis"],
  admins: ["lara"],
  serviceAccounts: ["language-ci"],
};
