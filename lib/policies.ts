import { ARTIFACT_BUCKET } from "./names";

/** Objects of a bucket that its users may read and write. Versions are read, never removed for good. */
const OBJECT_ACTIONS = [
  "s3:AbortMultipartUpload",
  "s3:DeleteObject",
  "s3:GetObject",
  "s3:ListMultipartUploadParts",
  "s3:PutObject",
];
const BUCKET_ACTIONS = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"];

interface Statement {
  readonly Action: readonly string[];
  readonly Effect: "Allow" | "Deny";
  readonly Resource?: readonly string[];
}

/**
 * A policy as MinIO gives it back: keys sorted, lists sorted, no white space. Any other form would show as a
 * change on every run, since the provider compares text.
 */
function policyDocument(statements: readonly Statement[]): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: statements.map(({ Effect, Action, Resource }) => ({
      Effect,
      Action: [...Action].sort(),
      ...(Resource === undefined ? {} : { Resource: [...Resource].sort() }),
    })),
  });
}

function bucketStatements(buckets: readonly string[]): Statement[] {
  return [
    { Effect: "Allow", Action: BUCKET_ACTIONS, Resource: buckets.map((bucket) => `arn:aws:s3:::${bucket}`) },
    {
      Effect: "Allow",
      Action: OBJECT_ACTIONS,
      Resource: buckets.map((bucket) => `arn:aws:s3:::${bucket}/*`),
    },
  ];
}

/**
 * What a person or service account of a team may do: read and write the team's bucket. Making access keys is
 * denied, because such a key would outlive its user.
 *
 * @param buckets - names of the buckets, at least one
 */
export function teamPolicyDocument(buckets: readonly string[]): string {
  return policyDocument([
    ...bucketStatements(buckets),
    { Effect: "Deny", Action: ["admin:CreateServiceAccount"] },
  ]);
}

/**
 * What MLflow's own key may do: the shared artifact bucket, and in `direct` mode the teams' buckets, whose
 * artifacts it shows in the browser.
 *
 * @param teamBuckets - buckets of the teams in `direct` mode, else empty
 */
export function serverPolicyDocument(teamBuckets: readonly string[]): string {
  return policyDocument(bucketStatements([ARTIFACT_BUCKET, ...teamBuckets]));
}
