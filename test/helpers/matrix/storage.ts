import type { Client } from "minio";
import { http } from "../../../cli/smoke/http";
import type { StackOutputs } from "../../../cli/smoke/outputs";
import { s3Client, webIdentityKeys } from "../../../cli/smoke/objects";
import { ARTIFACT_BUCKET } from "../../../lib/names";

/** Object that lies in team A's bucket. */
export const OBJECT = "matrix/canary.txt";

/** What somebody may do with a bucket of team A, by role; everything else is refused. */
export const BUCKET_RIGHTS: Readonly<Record<string, readonly string[]>> = {
  reader: ["head", "list", "get", "stat", "versions"],
  member: ["head", "list", "get", "stat", "versions", "put"],
  admin: ["head", "list", "get", "stat", "versions", "put", "delete"],
  outsider: [],
};

type Action = (client: Client, bucket: string) => Promise<unknown>;

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  const items = stream[Symbol.asyncIterator]();
  for (let item = await items.next(); item.done !== true; item = await items.next());
}

/** Everything that is tried on a bucket. All but `put` and `delete` leave it as it is, even where let through. */
export const BUCKET_ACTIONS: Readonly<Record<string, Action>> = {
  head: (client, bucket) => client.bucketExists(bucket),
  list: (client, bucket) => drain(client.listObjectsV2(bucket, "", true) as AsyncIterable<unknown>),
  get: async (client, bucket) => drain((await client.getObject(bucket, OBJECT)) as AsyncIterable<unknown>),
  stat: (client, bucket) => client.statObject(bucket, OBJECT),
  put: (client, bucket) => client.putObject(bucket, "matrix/put.txt", "put by the matrix"),
  delete: (client, bucket) => client.removeObject(bucket, "matrix/put.txt"),
  "delete a version": (client, bucket) => client.removeObject(bucket, OBJECT, { versionId: "null" }),
  "delete versions in bulk": async (client, bucket) => {
    // The errors themselves, other than the declared type says.
    const [error] = (await client.removeObjects(bucket, [{ name: OBJECT, versionId: "null" }])) as readonly (
      { readonly Code?: string } | undefined
    )[];
    if (error?.Code !== undefined) throw Object.assign(new Error("refused"), { code: error.Code });
  },
  "delete all versions": (client, bucket) =>
    client.removeObject(bucket, "matrix/put.txt", { forceDelete: true }),
  versions: (client, bucket) =>
    drain(client.listObjects(bucket, "", true, { IncludeVersion: true }) as AsyncIterable<unknown>),
  "read policy": (client, bucket) => client.getBucketPolicy(bucket),
  "set policy": (client, bucket) =>
    client.setBucketPolicy(
      bucket,
      JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { AWS: ["*"] },
            Action: ["s3:GetObject"],
            Resource: [`arn:aws:s3:::${bucket}/*`],
          },
        ],
      }),
    ),
  "read lifecycle": (client, bucket) => client.getBucketLifecycle(bucket),
  "remove lifecycle": (client, bucket) => client.removeBucketLifecycle(bucket),
  "suspend versions": (client, bucket) => client.setBucketVersioning(bucket, { Status: "Suspended" }),
  "tag bucket": (client, bucket) => client.setBucketTagging(bucket, { changed: "by the matrix" }),
  "remove bucket": (client, bucket) => client.removeBucket(bucket),
};

/** How an S3 call ended: `allowed`, or the server's code for why not. */
export async function endOf(act: () => Promise<unknown>): Promise<string> {
  try {
    await act();
    return "allowed";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

/** S3 as somebody who holds a token. */
export async function clientOf({ urls, s3 }: StackOutputs, token: string): Promise<Client> {
  return s3Client(urls.s3, s3.region, await webIdentityKeys(urls.s3, token));
}

/** Buckets that are nobody's alone. */
export const SHARED_BUCKETS = [ARTIFACT_BUCKET];

/** Asks STS for keys. @returns status, and the answer */
export async function askSts(
  { urls }: StackOutputs,
  token: string,
  extras: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly text: string }> {
  return http(urls.s3, {
    method: "POST",
    form: { Action: "AssumeRoleWithWebIdentity", Version: "2011-06-15", WebIdentityToken: token, ...extras },
  });
}
