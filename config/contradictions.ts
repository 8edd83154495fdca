import {
  ADMINS_GROUP,
  KEYCLOAK_CLIENTS,
  MLFLOW_WORKSPACES,
  PLATFORM_CLIENTS,
  SERVICE_ACCOUNT_PREFIX,
  USERS_GROUP,
} from "./schema";
import type { Fault } from "./faults";

/** Names that a team may not take, since its bucket, group or workspace would clash with another one. */
const RESERVED_TEAMS: ReadonlySet<string> = new Set([
  USERS_GROUP,
  ADMINS_GROUP,
  "artifacts",
  ...MLFLOW_WORKSPACES,
]);
/** Names that a service account may not take, since each is a client id that the realm has already. */
const RESERVED_ACCOUNTS: ReadonlySet<string> = new Set([...PLATFORM_CLIENTS, ...KEYCLOAK_CLIENTS]);

/**
 * Faults that no single value shows: names used twice, and members that are nobody.
 * It reads unchecked input as well, so that they are reported together with the faults of single values.
 *
 * @param settings - the namespace's content; parts of another shape are passed over, the schema names them
 */
export function contradictions(settings: Readonly<Record<string, unknown>>): Fault[] {
  const users = entries(settings["users"]);
  const teams = entries(settings["teams"]);
  const accounts = teams.flatMap((team, t) => accountsOf(team, `teams[${t}].serviceAccounts`));
  return [
    ...repeated(
      users.map((user, u) => ({ key: `users[${u}].username`, name: text(user["username"]) })),
      "user",
    ),
    ...repeated(
      users.map((user, u) => ({ key: `users[${u}].email`, name: text(user["email"]) })),
      "e-mail address",
    ),
    ...repeated(
      teams.map((team, t) => ({ key: `teams[${t}].name`, name: text(team["name"]) })),
      "team",
    ),
    ...repeated(accounts, "service account"),
    ...users.flatMap((user, u) => reservedUser(text(user["username"]), `users[${u}].username`)),
    ...teams.flatMap((team, t) => reservedTeam(text(team["name"]), `teams[${t}].name`)),
    ...accounts.flatMap(({ key, name }) => reservedAccount(name, key)),
    ...peopleOfTeams(users, teams),
  ];
}

interface Named {
  readonly key: string;
  readonly name: string | undefined;
}

function repeated(named: readonly Named[], what: string): Fault[] {
  const first = new Map<string, string>();
  return named.flatMap(({ key, name }) => {
    // Keycloak and MLflow fold usernames and addresses to lower case, so names that differ only by case clash.
    const folded = name?.toLowerCase();
    if (folded === undefined) return [];
    const earlier = first.get(folded);
    if (earlier !== undefined) {
      return [
        {
          key,
          problem: `the ${what} ${name} is declared already at ${earlier}; remove or rename one of them`,
        },
      ];
    }
    first.set(folded, key);
    return [];
  });
}

function reservedUser(name: string | undefined, key: string): Fault[] {
  return name?.toLowerCase().startsWith(SERVICE_ACCOUNT_PREFIX) === true
    ? [
        {
          key,
          problem: `${name} would pass for a service account, whose names begin so; choose another name`,
        },
      ]
    : [];
}

function reservedTeam(name: string | undefined, key: string): Fault[] {
  return name !== undefined && RESERVED_TEAMS.has(name)
    ? [{ key, problem: `${name} is a name of the platform or of MLflow itself; choose another one` }]
    : [];
}

function reservedAccount(name: string, key: string): Fault[] {
  return RESERVED_ACCOUNTS.has(name)
    ? [{ key, problem: `${name} is a client of the platform or of Keycloak itself; choose another name` }]
    : [];
}

/** The lists of people that a team has, one for each role. */
const LISTS = ["members", "admins", "readers"] as const;

function peopleOfTeams(users: readonly Entry[], teams: readonly Entry[]): Fault[] {
  const known = new Set(users.map((user) => user["username"]));
  const names = new Set(teams.map((team) => team["name"]));
  return teams.flatMap((team, t) => {
    const listed = new Map<string, string>();
    return LISTS.flatMap((list) =>
      strings(team[list]).flatMap((person, m) => {
        const key = `teams[${t}].${list}[${m}]`;
        const earlier = listed.get(person);
        listed.set(person, earlier ?? list);
        if (!known.has(person)) return [{ key, problem: nobody(person, names) }];
        if (earlier === list) {
          return [{ key, problem: `${person} is listed twice in this team; remove one of them` }];
        }
        return earlier === undefined
          ? []
          : [{ key, problem: `${person} is under ${earlier} of this team already; keep one of the two` }];
      }),
    );
  });
}

function nobody(person: string, teams: ReadonlySet<unknown>): string {
  return teams.has(person)
    ? `${person} is a team, and teams cannot hold teams; list its people here instead`
    : `nobody of that name is declared; add ${person} under users or correct the spelling`;
}

function accountsOf(team: Entry, list: string): { readonly key: string; readonly name: string }[] {
  const given: unknown = team["serviceAccounts"];
  if (!Array.isArray(given)) return [];
  return given.flatMap((item: unknown, a) => {
    const key = `${list}[${a}]`;
    if (typeof item === "string") return [{ key, name: item }];
    const name = entries([item])[0]?.["name"];
    return typeof name === "string" ? [{ key: `${key}.name`, name }] : [];
  });
}

type Entry = Readonly<Record<string, unknown>>;

function entries(value: unknown): Entry[] {
  return Array.isArray(value)
    ? value.map((item: unknown) => (typeof item === "object" && item !== null ? (item as Entry) : {}))
    : [];
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
