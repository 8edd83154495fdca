import type { Role } from "../config/settings";

/** What a role may do with the objects of its bucket. None removes a version for good, see {@link bucketStatements}. */
const READ_OBJECTS = ["s3:GetObject"];
const WRITE_OBJECTS = [
  ...READ_OBJECTS,
  "s3:AbortMultipartUpload",
  "s3:ListMultipartUploadParts",
  "s3:PutObject",
];
const OBJECT_ACTIONS: Readonly<Record<Role, readonly string[]>> = {
  reader: READ_OBJECTS,
  member: WRITE_OBJECTS,
  admin: [...WRITE_OBJECTS, "s3:DeleteObject"],
};
const READ_BUCKET = ["s3:GetBucketLocation", "s3:ListBucket"];
const WRITE_BUCKET = [...READ_BUCKET, "s3:ListBucketMultipartUploads"];

interface Statement {
  readonly Action: readonly string[];
  readonly Effect: "Allow" | "Deny";
  readonly Resource?: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/**
 * A policy as MinIO gives it back: keys in the order of its own structures, lists sorted, no white space. Any
 * other form would show as a change on every run, since the provider compares text.
 */
function policyDocument(statements: readonly Statement[]): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: statements.map(({ Effect, Action, Resource, Condition }) => ({
      Effect,
      Action: [...Action].sort(),
      ...(Resource === undefined ? {} : { Resource: [...Resource].sort() }),
      ...(Condition === undefined ? {} : { Condition }),
    })),
  });
}

function bucketStatements(bucket: string, role: Role): Statement[] {
  return [
    {
      Effect: "Allow",
      Action: role === "reader" ? READ_BUCKET : WRITE_BUCKET,
      Resource: [`arn:aws:s3:::${bucket}`],
    },
    { Effect: "Allow", Action: OBJECT_ACTIONS[role], Resource: [`arn:aws:s3:::${bucket}/*`] },
    // To MinIO, leave to delete an object is leave to delete its versions, unless that is denied in words.
    { Effect: "Deny", Action: ["s3:DeleteObjectVersion"], Resource: [`arn:aws:s3:::${bucket}/*`] },
  ];
}

/**
 * What a person or service account may do with the buckets of a team. Making access keys is denied, because such a
 * key would outlive its user.
 *
 * @param bucket - name or pattern of the buckets
 */
export function rolePolicyDocument(bucket: string, role: Role): string {
  return policyDocument([
    ...bucketStatements(bucket, role),
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
  return policyDocument(bucketStatements(bucket, "admin"));
}

/**
 * What the warden's own key may do: end temporary credentials, read policies, and write them. The store knows no right
 * to write one policy only.
 */
export function wardenPolicyDocument(): string {
  return policyDocument([
    {
      Effect: "Allow",
      Action: ["admin:CreatePolicy", "admin:GetPolicy", "admin:RemoveServiceAccount"],
    },
  ]);
}

/**
 * The policy that takes everything away from some subjects. The warden rewrites it; this is how it begins.
 *
 * @param subjects - subjects (`sub`) of tokens; nobody's is empty
 */
export function revokedPolicyDocument(subjects: readonly string[] = [""]): string {
  return policyDocument([
    {
      Effect: "Deny",
      Action: ["s3:*"],
      Resource: ["arn:aws:s3:::*"],
      Condition: { StringEquals: { "jwt:sub": [...subjects].sort() } },
    },
  ]);
}
