import type { Rule } from "../../rule";
import { TYPES } from "../../resource";
import { isSet, isTrue, text, texts } from "../../values";

const RIGHTS = {
  superuser: "it is a superuser",
  createRole: "it may make roles",
  createDatabase: "it may make databases",
  replication: "it may copy the whole server (replication)",
  bypassRowLevelSecurity: "it passes by row-level security",
} as const;

export const roles: Rule = {
  name: "no-superusers",
  area: "database",
  what: "No role of Postgres is a superuser or has a right beyond its own database; the superuser is Pulumi's alone.",
  why: "MLflow and Keycloak share a server: who gets into one of them must not reach the other's data.",
  remedy: "Give the service a database and a plain role, as components/postgres.ts does.",
  types: [TYPES.role],
  check: ({ props }) => [
    ...Object.entries(RIGHTS).flatMap(([key, what]) => (isTrue(props[key]) ? [what] : [])),
    // Of whichever: those of Postgres reach across databases, and another service's has the other one's data.
    ...texts(props["roles"]).map((role) => `it is a member of ${role}`),
    ...(isSet(props["assumeRole"]) ? [`it acts as ${text(props["assumeRole"]) ?? "another role"}`] : []),
  ],
};
