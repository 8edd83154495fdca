import { z } from "zod";
import { SERVICES } from "../images/catalogue";
import { ingressShape } from "./ingressSchema";

/** Group of everyone who belongs to a team: MLflow lets only this group and the administrators in. */
export const USERS_GROUP = "mlflow-users";
/** Group of the platform's administrators. */
export const ADMINS_GROUP = "mlflow-admins";
/** Client ids (and so service account names) that the platform itself uses. */
export const PLATFORM_CLIENTS = [
  "mlflow",
  "mlflow-cli",
  "minio",
  "mlflow-provisioner",
  "mlflow-audit",
  "mlflow-warden",
] as const;
/** Client ids that Keycloak makes in every realm; from `org.keycloak.models.Constants` of Keycloak 26.7. */
export const KEYCLOAK_CLIENTS = [
  "account",
  "account-console",
  "admin-cli",
  "broker",
  "realm-management",
  "security-admin-console",
] as const;
/** What somebody may be in a team; each role may all that the one before it may. */
export const ROLES = ["reader", "member", "admin"] as const;
/** Most people and most teams that one configuration may declare; more belong into a directory that Keycloak reads. */
export const MOST_USERS = 1000;
/** Names that MLflow allows no workspace to have; from `WorkspaceNameValidator` of MLflow 3.17. */
export const MLFLOW_WORKSPACES = ["ajax-api", "api", "default", "static-files", "workspaces"] as const;
/** Keycloak calls the user behind a client `service-account-<client id>`, and MLflow grants by that name. */
export const SERVICE_ACCOUNT_PREFIX = "service-account-";

const SLUG = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

const teamName = z
  .string()
  .min(2, "a team's name needs at least 2 characters")
  // The bucket is `mlflow-<team>`, and S3 allows 63 characters.
  .max(56, "a team's name has at most 56 characters: its bucket is mlflow-<team>, and S3 allows 63")
  .regex(
    SLUG,
    "a team's name is part of a bucket's and a workspace's name: lower-case letters, digits and hyphens, no hyphen first or last",
  );

const username = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{1,62}$/,
    "a username has 2 to 63 lower-case letters, digits, dots, hyphens or underscores, and starts with a letter or digit",
  );

const serviceAccountName = z
  .string()
  .max(60, "a service account's name has at most 60 characters")
  .regex(SLUG, "a service account's name is a client id: lower-case letters, digits and hyphens");

const serviceAccount = z
  .union([
    serviceAccountName,
    z.strictObject({
      name: serviceAccountName,
      role: z.enum(ROLES).default("member"),
      /** Raised by one, the account gets a new secret. */
      generation: z.number().int().min(1, "at least 1").default(1),
    }),
  ])
  .transform((given) =>
    typeof given === "string" ? { name: given, role: "member" as const, generation: 1 } : given,
  );

/** One person of `users`. */
export const userSchema = z.strictObject({
  username,
  email: z.email("not an e-mail address"),
  firstName: z.string().min(1, "must not be empty"),
  lastName: z.string().min(1, "must not be empty"),
  admin: z.boolean().default(false),
});

/** One team of `teams`. */
export const teamSchema = z.strictObject({
  name: teamName,
  /** May also delete, and grant single experiments and models within the team. */
  admins: z.array(username).default([]),
  members: z.array(username).default([]),
  /** May look at everything of the team and change nothing. */
  readers: z.array(username).default([]),
  serviceAccounts: z.array(serviceAccount).default([]),
  quotaGiB: z.number().int().min(1, "at least 1 GiB").max(1_048_576, "at most 1 PiB").optional(),
  /** Whether bucket, runs and models stay when the team is taken out of the settings. */
  retain: z.boolean().default(true),
});

const imageOverrides = z.partialRecord(
  z.enum(SERVICES),
  z
    .string()
    .regex(/^[^\s@]+@sha256:[0-9a-f]{64}$/, "pin the image by digest: repo:tag@sha256:<64 hex digits>"),
);

/** As Docker's own client takes it: no password, nothing after `?` or `#`. IPv6 addresses stand in brackets. */
const SSH_ADDRESS = /^ssh:\/\/([^\s:@/?#]+@)?([^\s:@/?#[\]]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?(\/[^\s?#]*)?$/;

/**
 * Every key of the namespace `mlflow-platform:`, with its default.
 * Pulumi.yaml documents the same keys; a test holds the two together.
 */
export const settingsSchema = z.strictObject({
  ...ingressShape,
  users: z
    .array(userSchema)
    .max(
      MOST_USERS,
      `more than ${MOST_USERS} people are too many for a file: let Keycloak read them from your directory (LDAP or another identity provider)`,
    )
    .default([]),
  teams: z.array(teamSchema).default([]),
  artifacts: z.enum(["proxied", "direct"]).default("proxied"),
  images: imageOverrides.default({}),
  /** Whether volumes are protected and outlive a destroy. `auto`: for every stack but `dev`. */
  protectData: z.union([z.boolean(), z.literal("auto")], "true, false or auto").default("auto"),
  /** Days for which the audit stream is kept. */
  auditDays: z.number().int().min(1, "at least 1 day").max(3650, "at most 3650 days").default(365),
  /** Docker host such as `ssh://user@host`; empty for the local socket. */
  dockerHost: z
    .string()
    .regex(
      /^$|^(unix|tcp|ssh|npipe):\/\/\S+$/,
      "a Docker host such as unix:///var/run/docker.sock or ssh://user@host",
    )
    .refine(
      (host) => !host.startsWith("ssh://") || host === "ssh://" || SSH_ADDRESS.test(host),
      "ssh://[user@]host[:port][/socket] and nothing else; ssh signs in with a key, so a password has no place here",
    )
    .default(""),
  /** `false` removes the containers and keeps everything that holds data (`npm run down`). */
  running: z.boolean().default(true),
});

/** The keys of the namespace, as Pulumi.yaml must declare them. */
export const SETTING_KEYS = Object.keys(settingsSchema.shape);

export type ParsedSettings = z.output<typeof settingsSchema>;
