import { type Random } from "./random";
import { TARGETS, type Target } from "./victim";

/** A moment to kill at, and what to kill. */
export interface Kill {
  /** Resource that is being made at that moment, by its Pulumi name. */
  readonly during: string;
  /** Milliseconds that it may be under way by then. */
  readonly after: number;
  readonly target: Target;
}

/**
 * What a first `up` makes, in the order in which it comes to it: each list may be made at the same time. Together
 * they span it from the volumes to the last grant.
 */
const PHASES: ReadonlyArray<readonly string[]> = [
  [
    "postgres-data",
    "network-bridge",
    "nginx-files",
    "nginx-container",
    "postgres-files",
    "postgres-container",
  ],
  [
    "postgres-keycloak-role",
    "postgres-mlflow-role",
    "postgres-keycloak-database",
    "postgres-mlflow-database",
  ],
  ["keycloak-files", "keycloak-container"],
  ["identity-realm"],
  [
    "identity-clients-mlflow",
    "identity-clients-minio",
    "identity-scopes-groups",
    "identity-scopes-s3-access",
    "identity-people-group-vision",
    "identity-people-ada",
    "identity-people-vera",
    "identity-account-vision-ci",
  ],
  ["identity-scopes-groups-claim", "identity-scopes-mlflow-audience", "identity-people-ada-groups"],
  ["minio-files", "minio-container"],
  ["storage-mlflow-artifacts", "storage-mlflow-vision", "storage-server", "storage-policy-team-vision"],
  ["console-container", "mlflow-files", "mlflow-container"],
  ["access-vision", "access-account-vision-ci", "access-vision-members"],
];

/** Those take seconds, so a kill may come at any time within. */
const LONG = /-container$|^identity-realm$/;

/**
 * Kills of one first `up`, in the order of its phases and spread over them.
 *
 * @param count - how many, at most as many as there are phases
 */
export function plan(random: Random, count: number): Kill[] {
  const width = PHASES.length / count;
  return Array.from({ length: count }, (_, index) => {
    const from = Math.floor(index * width);
    const phase = PHASES[from + random.integer(Math.max(1, Math.floor((index + 1) * width) - from))] ?? [];
    const during = random.pick(phase);
    return {
      during,
      after: LONG.test(during) ? random.integer(4000) : random.integer(150),
      target: random.pick(TARGETS),
    };
  });
}
