/** Where somebody may read and write. */
export interface Place {
  readonly bucket: string;
  /** Begins the key of every object; ends with a slash. */
  readonly prefix: string;
}

/**
 * A policy of the object store: reading, writing and listing below one prefix of one bucket, and nothing else. In the
 * order in which the store gives it back, since the provider compares text.
 */
export function prefixPolicy({ bucket, prefix }: Place): string {
  const arn = `arn:aws:s3:::${bucket}`;
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: ["s3:GetBucketLocation"], Resource: [arn] },
      {
        Effect: "Allow",
        Action: ["s3:ListBucket"],
        Resource: [arn],
        Condition: { StringLike: { "s3:prefix": [`${prefix}*`] } },
      },
      {
        Effect: "Allow",
        Action: ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
        Resource: [`${arn}/${prefix}*`],
      },
      // Access keys that it made for itself would outlive it.
      { Effect: "Deny", Action: ["admin:CreateServiceAccount"] },
    ],
  });
}
