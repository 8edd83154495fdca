import { typesOf } from "../../lib/changes/data";

/** One value that differs from what was declared. Secrets are taken out of both already. */
export interface Difference {
  /** Such as `validRedirectUris[1]`. */
  readonly path: string;
  /** As it is now; undefined where nothing is. */
  readonly byHand?: string;
  /** As the last `up` set it; undefined where nothing was. */
  readonly declared?: string;
}

/** What became of a thing since the last `up`. */
export type Kind =
  /** It is there, with other values. */
  | "changed"
  /** It is not there any more. */
  | "gone"
  /** Something else has its name: it bears no mark of this stack, or another id. */
  | "foreign";

/** One thing that is not as it was declared. */
export interface Finding {
  readonly urn: string;
  /** What it is, and which one, such as `Keycloak client mlflow`. */
  readonly what: string;
  readonly kind: Kind;
  readonly differences: readonly Difference[];
  /** What is lost with it, in words: `up` cannot bring that back. */
  readonly lost?: string;
}

/** Why a part of the stack could not be compared. */
export interface NotCompared {
  /** Such as `what lies in Keycloak`. */
  readonly what: string;
  readonly why: string;
}

/** How a stack differs from what its last `up` made. */
export interface Drift {
  readonly stack: string;
  /** How many resources were compared. */
  readonly compared: number;
  readonly findings: readonly Finding[];
  readonly notCompared: readonly NotCompared[];
}

/**
 * Types that hold what nobody can declare: made anew, such a thing would be empty. A person who is gone is none of
 * them: the account comes back, under the name that services know, with the first password.
 */
export const STORES: ReadonlySet<string> = new Set([
  "docker:index/volume:Volume",
  "keycloak:index/realm:Realm",
  "minio:index/s3Bucket:S3Bucket",
  "postgresql:index/database:Database",
  "pulumi-nodejs:dynamic/mlflow-platform:Workspace",
]);

/** Things that hold data and are gone, or whose name belongs to something else. */
export function lostStores(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ urn, kind }) => kind !== "changed" && STORES.has(typesOf(urn).at(-1) ?? ""));
}
