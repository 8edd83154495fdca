/** What users of a bucket may do with its objects. No action of it removes a version for good. */
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
 * A policy as MinIO gives it back: keys in the order of its own structures, lists sorted, no white space. Any
 * other form would show as a change on every run, since the provider compares text.
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

function bucketStatements(bucket: string): Statement[] {
  return [
    { Effect: "Allow", Action: BUCKET_ACTIONS, Resource: [`arn:aws:s3:::${bucket}`] },
    {
      Effect: "Allow",
      Action: OBJECT_ACTIONS,
      Resource: [`arn:aws:s3:::${bucket}/*`],
    },
  ];
}

/**
 * What a person or service account of a team may do: read and write the team's bucket. Making access keys is
 * denied, because such a key would outlive its user.
 *
 * @param bucket - name or pattern of the buckets
 */
export function teamPolicyDocument(bucket: string): string {
  return policyDocument([
    ...bucketStatements(bucket),
    { Effect: "Deny", Action: ["admin:CreateServiceAccount"] },
  ]);
}

/**
 * What MLflow's own key may do: the shared artifact bucket, and in `direct` mode the teams' buckets, whose
 * artifacts it shows in the browser.
 *
 * @param bucket - name or pattern of the buckets
 */
export function serverPolicyDocument(bucket: string): string {
  return policyDocument(bucketStatements(bucket));
}
