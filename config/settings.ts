import type { Service } from "../images/catalogue";
import { contradictions } from "./contradictions";
import { type Fault, SettingsError } from "./faults";
import { ingressFaults } from "./ingressFaults";
import { type ParsedSettings, type ROLES, settingsSchema } from "./schema";

/** A person. */
export type User = Readonly<ParsedSettings["users"][number]>;
/** A team: Keycloak group, MLflow workspace, bucket and MinIO policy of one name. */
export type Team = Readonly<ParsedSettings["teams"][number]>;

/** What somebody may be in a team. */
export type Role = (typeof ROLES)[number];

/** How certificates are obtained from a CA. */
export interface AcmeSettings {
  /** Where the CA may write to; absent: no address is given. */
  readonly email: string | undefined;
  /** Directory of the CA. */
  readonly server: string;
  readonly challenge: "dns-duckdns" | "http";
  /** PEM of the CA that signs the ACME server's own https; absent: the public ones. */
  readonly caBundle: string | undefined;
  /** DNS server that is asked whether a challenge is visible; absent: the system's. */
  readonly resolver: string | undefined;
  /** Absent without a token: nothing is told to DuckDNS. */
  readonly duckdns: DuckdnsSettings | undefined;
}

/** The account at DuckDNS, which keeps the domain's address current. */
export interface DuckdnsSettings {
  readonly api: string;
  /** A secret. Empty when only the configuration file was read, where it is encrypted. */
  readonly token: string;
  /** Where the host's own address is looked up; absent: that family is not announced. */
  readonly ipv4Lookup: string | undefined;
  readonly ipv6Lookup: string | undefined;
}

/** Everything the program may know of its environment, read once and frozen. */
export interface Settings {
  /** Name of the stack, in every name that the engine sees. */
  readonly stack: string;
  readonly ingress: "http" | "self-signed" | "acme";
  readonly portBase: number;
  /** Name below which the sites are, or a bare address; absent in `http` mode on this machine. */
  readonly domain: string | undefined;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Addresses of the host on which people reach the platform. */
  readonly bindAddresses: readonly string[];
  /** The private CA and its certificate: raised, they are made anew. */
  readonly generations: { readonly ca: number; readonly certificate: number };
  /** The certificate job; absent in the other modes. */
  readonly acme: AcmeSettings | undefined;
  readonly users: readonly User[];
  readonly teams: readonly Team[];
  readonly artifacts: "proxied" | "direct";
  readonly images: Readonly<Partial<Record<Service, string>>>;
  /** Volumes are protected and kept on destroy. @default true, but false for the stack `dev` */
  readonly protectData: boolean;
  /** Days for which the audit stream is kept. */
  readonly auditDays: number;
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
    throw new SettingsError(stack, [...faults, ...contradictions(raw), ...ingressFaults(stack, raw)]);
  }
  // As it was written, so that faults are named where they stand; the ingress with its defaults.
  faults.push(...contradictions(raw), ...ingressFaults(stack, result.data));
  if (faults.length > 0) {
    throw new SettingsError(stack, faults);
  }
  const parsed = result.data;
  return deepFreeze({
    stack,
    ...ingressOf(parsed),
    users: parsed.users,
    teams: parsed.teams,
    artifacts: parsed.artifacts,
    images: parsed.images,
    protectData: parsed.protectData === "auto" ? stack !== "dev" : parsed.protectData,
    auditDays: parsed.auditDays,
    dockerHost: parsed.dockerHost === "" ? undefined : parsed.dockerHost,
    running: parsed.running,
    temporaryPasswords: stack !== "dev",
  });
}

function ingressOf(
  parsed: ParsedSettings,
): Pick<
  Settings,
  "ingress" | "portBase" | "domain" | "httpPort" | "httpsPort" | "bindAddresses" | "generations" | "acme"
> {
  const { ingress, bindAddresses } = parsed;
  const anywhere = ingress === "http" ? "127.0.0.1" : "0.0.0.0";
  return {
    ingress,
    portBase: parsed.portBase,
    domain: given(parsed.domain),
    httpPort: parsed.httpPort,
    httpsPort: parsed.httpsPort,
    bindAddresses: bindAddresses.length === 0 ? [anywhere] : bindAddresses,
    generations: { ca: parsed.caGeneration, certificate: parsed.certificateGeneration },
    acme: ingress === "acme" ? acmeOf(parsed) : undefined,
  };
}

function acmeOf(parsed: ParsedSettings): AcmeSettings {
  const { duckdnsToken: token } = parsed;
  return {
    email: given(parsed.acmeEmail),
    server: parsed.acmeServer,
    challenge: parsed.acmeChallenge,
    caBundle: given(parsed.acmeCaBundle),
    resolver: given(parsed.acmeResolver),
    duckdns:
      token === ""
        ? undefined
        : {
            api: parsed.duckdnsApi,
            token: typeof token === "string" ? token : "",
            ipv4Lookup: given(parsed.ipv4Lookup),
            ipv6Lookup: given(parsed.ipv6Lookup),
          },
  };
}

/** Empty text means that a setting is not given. */
function given(text: string): string | undefined {
  return text === "" ? undefined : text;
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
  /** Of a value that may have one of several forms: what is wrong with it as each of them. */
  readonly errors?: readonly (readonly Issue[])[];
}

function toFaults(issue: Issue): Fault[] {
  const path = keyPath(issue.path);
  if (issue.code === "unrecognized_keys" && issue.keys !== undefined) {
    return issue.keys.map((key) => ({
      key: path === "" ? key : `${path}.${key}`,
      problem: "this key is not known; remove it or correct its spelling",
    }));
  }
  // What was given is of one of the forms, and its faults as that one say more, unless the schema says it all.
  const meant =
    issue.message === "Invalid input"
      ? issue.errors?.find(
          (errors) => !errors.some((it) => it.path.length === 0 && it.code === "invalid_type"),
        )
      : undefined;
  if (meant !== undefined) {
    return meant.flatMap((inner) => toFaults({ ...inner, path: [...issue.path, ...inner.path] }));
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
