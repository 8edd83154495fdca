import { Client } from "minio";
import { type Caller, excerpt, expectStatus, http } from "./http";
import type { StackOutputs } from "./outputs";
import type { Reach } from "./reach";

/** Keys for the S3 API. */
export interface S3Keys {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly sessionToken?: string;
}

/** A version of an object, or the mark that it was deleted. */
export interface ObjectVersion {
  readonly key: string;
  readonly versionId: string | undefined;
  /** Bytes. */
  readonly size: number;
}

/** A place in object storage. */
export interface Location {
  readonly bucket: string;
  /** Begins every key below the place; empty, or ending in a slash. */
  readonly prefix: string;
}

/** Reads `s3://bucket/prefix`. */
export function parseS3Url(text: string): Location {
  const url = new URL(text);
  const path = url.pathname.replace(/^\//, "");
  return { bucket: url.hostname, prefix: path === "" || path.endsWith("/") ? path : `${path}/` };
}

/**
 * An S3 client for an endpoint.
 *
 * @param reach - the way to a public endpoint
 */
export function s3Client(endpoint: string, region: string, keys: S3Keys, reach?: Reach): Client {
  const url = new URL(endpoint);
  const useSSL = url.protocol === "https:";
  return new Client({
    endPoint: url.hostname,
    port: url.port === "" ? (useSSL ? 443 : 80) : Number(url.port),
    useSSL,
    region,
    pathStyle: true,
    ...(reach === undefined ? {} : { transportAgent: reach.agent(url.protocol) }),
    ...keys,
  });
}

/** The storage administrator's S3 client on the provider port. */
export function adminS3(outputs: StackOutputs): Client {
  const { username, password } = outputs.credentials.minioRoot;
  return s3Client(outputs.providerEndpoints.minio, outputs.s3.region, {
    accessKey: username,
    secretKey: password,
  });
}

/**
 * Lists what lies below a place.
 *
 * @param versions - old versions and delete marks as well
 */
export async function listObjects(
  client: Client,
  place: Location,
  versions = false,
): Promise<ObjectVersion[]> {
  const found: ObjectVersion[] = [];
  const source = versions
    ? client.listObjects(place.bucket, place.prefix, true, { IncludeVersion: true })
    : client.listObjectsV2(place.bucket, place.prefix, true);
  for await (const item of source as AsyncIterable<{ name?: string; size?: number; versionId?: string }>) {
    if (item.name !== undefined) {
      found.push({ key: item.name, versionId: item.versionId, size: item.size ?? 0 });
    }
  }
  return found;
}

/** Removes everything below a place for good, old versions too. @returns how many were removed */
export async function removeObjects(client: Client, place: Location): Promise<number> {
  const versions = await listObjects(client, place, true);
  if (versions.length > 0) {
    const results = await client.removeObjects(
      place.bucket,
      // An unversioned bucket names its only version `null`.
      versions.map(({ key, versionId }) => ({ name: key, versionId: versionId ?? "null" })),
    );
    const failure = results.find((result) => result?.Error !== undefined);
    if (failure?.Error !== undefined) {
      throw new Error(`removing objects of bucket ${place.bucket}: ${JSON.stringify(failure.Error)}`);
    }
  }
  return versions.length;
}

/**
 * Exchanges a sign-on token for temporary S3 keys (STS AssumeRoleWithWebIdentity).
 *
 * @param endpoint - the public S3 URL
 */
export async function webIdentityKeys(
  endpoint: string,
  token: string,
  { signal, reach }: Caller = {},
): Promise<S3Keys> {
  const answer = await http(endpoint, {
    method: "POST",
    form: {
      Action: "AssumeRoleWithWebIdentity",
      Version: "2011-06-15",
      DurationSeconds: "3600",
      WebIdentityToken: token,
    },
    signal,
    reach,
  });
  expectStatus(answer, "temporary S3 keys for a sign-on token", [200]);
  const field = (name: string): string => {
    // The three values are base64 or alphanumeric: nothing that XML would escape.
    const value = new RegExp(`<${name}>([^<]+)</${name}>`).exec(answer.text)?.[1];
    if (value === undefined) {
      throw new Error(`temporary S3 keys for a sign-on token: no ${name} in: ${excerpt(answer.text, 60)}`);
    }
    return value;
  };
  return {
    accessKey: field("AccessKeyId"),
    secretKey: field("SecretAccessKey"),
    sessionToken: field("SessionToken"),
  };
}
