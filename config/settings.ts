import type { Service } from "../images/catalogue";
import { contradictions } from "./contradictions";
import { type Fault, SettingsError } from "./faults";
import { type ParsedSettings, settingsSchema } from "./schema";

/** A person. */
export type User = Readonly<ParsedSettings["users"][number]>;
/** A team: Keycloak group, MLflow workspace, bucket and MinIO policy of one name. */
export type Team = Readonly<ParsedSettings["teams"][number]>;

/** Everything the program may know of its environment, read once and frozen. */
export interface Settings {
  /** Name of the stack, in every name that the engine sees. */
  readonly stack: string;
  readonly ingress: "http";
  readonly portBase: number;
  readonly users: readonly User[];
  readonly teams: readonly Team[];
  readonly artifacts: "proxied" | "direct";
  readonly images: Readonly<Partial<Record<Service, string>>>;
  /** Volumes are protected and kept on destroy. @default true, but false for the stack `dev` */
  readonly protectData: boolean;
  /** Docker host; absent for the local socket. */
  readonly dockerHost: string | undefined;
  /** Whether the containers exist; data and identities are kept either way. */
  readonly running: boolean;
  /** First passwords must be changed at the first login. True for every stack but `dev`. */
  readonly temporaryPasswords: boolean;
}

/**
 * Checks a whole configuration and gives it typed, with defaults, frozen.
 *
 * @param stack - the stack's name
 * @param raw - the namespace `mlflow-platform:` without its prefix, structured values already parsed
 * @throws SettingsError naming every fault at once
 */
export function parseSettings(stack: string, raw: Readonly<Record<string, unknown>>): Settings {
  const result = settingsSchema.safeParse(raw);
  const faults: Fault[] = stackNameFaults(stack);
  if (!result.success) {
    faults.push(...result.error.issues.flatMap(toFaults));
    throw new SettingsError(stack, [...faults, ...contradictions(raw)]);
  }
  faults.push(...contradictions(result.data));
  if (faults.length > 0) {
    throw new SettingsError(stack, faults);
  }
  const parsed = result.data;
  return deepFreeze({
    stack,
    ingress: parsed.ingress,
    portBase: parsed.portBase,
    users: parsed.users,
    teams: parsed.teams,
    artifacts: parsed.artifacts,
    images: parsed.images,
    protectData: parsed.protectData === "auto" ? stack !== "dev" : parsed.protectData,
    dockerHost: parsed.dockerHost === "" ? undefined : parsed.dockerHost,
    running: parsed.running,
    temporaryPasswords: stack !== "dev",
  });
}

function stackNameFaults(stack: string): Fault[] {
  return /^[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?$/.test(stack)
    ? []
    : [
        {
          key: "(stack)",
          problem: `the stack's name ${stack} is part of container, realm and cookie names: use 1 to 30 lower-case letters, digits and hyphens`,
        },
      ];
}

interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
}

function toFaults(issue: Issue): Fault[] {
  const path = keyPath(issue.path);
  if (issue.code === "unrecognized_keys" && issue.keys !== undefined) {
    return issue.keys.map((key) => ({
      key: path === "" ? key : `${path}.${key}`,
      problem: "this key is not known; remove it or correct its spelling",
    }));
  }
  return [{ key: path, problem: issue.message }];
}

function keyPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === "number" ? `${text}[${part}]` : text === "" ? String(part) : `${text}.${String(part)}`,
    "",
  );
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
