import { type Fault, SettingsError } from "../../config/faults";
import { parseSettings, type Settings } from "../../config/settings";
import { UserError } from "../errors";

/** Environment variable with the token of the DuckDNS account: an argument could be read by other users. */
export const TOKEN_VARIABLE = "MLFLOW_PLATFORM_DUCKDNS_TOKEN";

/** Stands for an encrypted value while the rest is checked: it is encrypted last, and not at all if there is a fault. */
const ENCRYPTED = { secure: "-" } as const;

/** The person who is declared with a new environment. What is missing of them is a fault. */
export interface FirstUser {
  readonly username: string;
  readonly email?: string | undefined;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
}

/**
 * What somebody wants of a new environment, unchecked: values as they were typed. What is absent is the setting's
 * default or, for ports, a suggestion.
 */
export interface Wish {
  readonly ingress?: unknown;
  readonly domain?: unknown;
  readonly portBase?: unknown;
  readonly httpPort?: unknown;
  readonly httpsPort?: unknown;
  readonly bindAddresses?: readonly unknown[] | undefined;
  readonly acmeChallenge?: unknown;
  readonly acmeEmail?: unknown;
  readonly acmeServer?: unknown;
  readonly dockerHost?: unknown;
  readonly artifacts?: unknown;
  readonly protectData?: unknown;
  /** Becomes an administrator. Absent: nobody is declared. */
  readonly admin?: FirstUser | undefined;
}

/** Keys of the settings that a wish names, in the order of the file. */
const WISHED = [
  "ingress",
  "domain",
  "acmeChallenge",
  "acmeEmail",
  "acmeServer",
  "bindAddresses",
  "httpPort",
  "httpsPort",
  "portBase",
  "dockerHost",
  "artifacts",
  "protectData",
] as const;

/**
 * The settings that a wish stands for, unchecked, in the order of the file.
 *
 * @param token - whether a token of DuckDNS comes with it, which is encrypted later
 */
export function settingsOfWish(wish: Wish, token: boolean): Record<string, unknown> {
  const { admin } = wish;
  // Defaults that a person should see in the file, since they are decided once.
  const whole: Wish = {
    ...wish,
    artifacts: wish.artifacts ?? "proxied",
    protectData: wish.protectData ?? "auto",
  };
  const given = WISHED.flatMap((key) => (whole[key] === undefined ? [] : [[key, whole[key]] as const]));
  return {
    ...Object.fromEntries(given),
    ...(token ? { duckdnsToken: ENCRYPTED } : {}),
    users: admin === undefined ? [] : [userOf(admin)],
    teams: [],
  };
}

/** Empty text where something is missing: the schema says of it what is wanted. */
function userOf({ username, email = "", firstName = "", lastName = "" }: FirstUser): Record<string, unknown> {
  return { username, email, firstName, lastName, admin: true };
}

/** The faults of settings; none when they may be written. */
export function faultsOf(name: string, settings: Readonly<Record<string, unknown>>): readonly Fault[] {
  try {
    parseSettings(name, settings);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
}

/**
 * Checks the settings of a new environment.
 *
 * @throws UserError naming every fault at once, by the option that decides
 */
export function checked(name: string, settings: Readonly<Record<string, unknown>>): Settings {
  const faults = faultsOf(name, settings);
  if (faults.length === 0) return parseSettings(name, settings);
  const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
  throw new UserError(
    [
      `The environment ${name} would have ${count}; nothing was written.`,
      ...faults.map((fault) => `  ${optionOf(fault.key)}: ${problemOf(fault, settings)}`),
    ].join("\n"),
    "Correct these options and run the command again; npm run new-environment -- --help lists all of them.",
    2,
  );
}

/** Options whose name does not follow from the setting's. */
const OPTIONS: Readonly<Record<string, string>> = {
  "(stack)": "NAME",
  duckdnsToken: TOKEN_VARIABLE,
  "users[0].username": "--admin-username",
  "users[0].email": "--admin-email",
  "users[0].firstName": "--admin-first-name",
  "users[0].lastName": "--admin-last-name",
};

/** The option that decides a setting. */
function optionOf(key: string): string {
  const [name = key] = key.split(/\[\d+\]$/);
  const option = OPTIONS[key] ?? OPTIONS[name];
  if (option !== undefined) return option;
  const singular = name === "bindAddresses" ? "bindAddress" : name;
  return `--${singular.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The problem as it is before there is a file. */
function problemOf({ key, problem }: Fault, settings: Readonly<Record<string, unknown>>): string {
  return key === "duckdnsToken" && !settings["duckdnsToken"]
    ? "DuckDNS needs its token: in this variable, or on standard input with --duckdns-token-stdin"
    : problem;
}
