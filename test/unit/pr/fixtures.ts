import type { ResourceChange } from "../../../lib/changes/change";
import { dataReason } from "../../../lib/changes/data";
import type { EnvironmentReport, Report } from "../../../lib/pullRequest/report";
import { urn } from "../changes/events";

export const CONTAINER = "docker:index/container:Container";
export const VOLUME = "docker:index/volume:Volume";
export const BUCKET = "minio:index/s3Bucket:S3Bucket";

/** A change of a resource; whether it holds data follows from its type. */
export function change(
  op: ResourceChange["op"],
  type: string,
  name: string,
  more: Partial<ResourceChange> = {},
): ResourceChange {
  const of = urn(type, name);
  const data = dataReason(of);
  return {
    op,
    urn: of,
    type,
    name,
    properties: [],
    holdsData: data !== undefined,
    ...(data === undefined ? {} : { data }),
    kept: false,
    ...more,
  };
}

/** An environment that was compared with its state. */
export function environment(stack: string, changes: readonly ResourceChange[]): EnvironmentReport {
  return { stack, look: { kind: "preview" }, changes, unchanged: 200, violations: [] };
}

/** A report on environments. */
export function report(environments: readonly EnvironmentReport[], more: Partial<Report> = {}): Report {
  return {
    commit: "0123456789ab",
    base: "origin/main",
    suites: [{ name: "unit", what: "unit tests", passed: 1500, failures: [], duration: 61_000 }],
    environments,
    confirmations: [],
    faults: [],
    notes: [],
    ...more,
  };
}
