import { Client } from "minio";
import { z } from "zod";
import { dataReason } from "../../lib/changes/data";
import { S3_REGION } from "../../lib/mlflowEnv";
import { plain } from "../engine/recovery/keycloakAdmin";
import { type State, type StateResource, resourcesOf } from "../engine/recovery/state";
import type { Finding } from "./finding";
import { placeOf } from "./place";

const PROVIDER = "pulumi:providers:minio";
/** Type of a bucket. */
export const BUCKET = "minio:index/s3Bucket:S3Bucket";

/** What such a policy is called among the differences. */
const POLICY = "policy for everybody";

/** A policy of a bucket, as far as it decides whether somebody is let in. */
const policySchema = z.looseObject({ Statement: z.array(z.looseObject({ Effect: z.string() })) });

/**
 * Buckets that are gone, and those that somebody opened by a policy on the bucket itself. This program sets none, and
 * the provider does not look for one. Such a policy counts for callers without keys only, so whatever it allows, it
 * allows everybody. Nor can the provider be asked what is gone: it takes any failure of the store for that, and fails
 * itself to read the versioning of a bucket that is not there.
 *
 * @param state - with secrets decrypted
 */
export async function bucketFindings(state: State): Promise<Finding[]> {
  const store = storeOf(state);
  if (store === undefined) return [];
  const found = await Promise.all(
    declaredBuckets(state).map(async ({ resource, bucket }): Promise<Finding[]> => {
      const { urn } = resource;
      const what = placeOf(resource);
      if (!(await store.bucketExists(bucket))) {
        const lost = dataReason(urn);
        return [{ urn, what, kind: "gone", differences: [], ...(lost === undefined ? {} : { lost }) }];
      }
      const policy = await policyOf(store, bucket);
      if (policy === undefined || !lets(policy)) return [];
      return [{ urn, what, kind: "changed", differences: [{ path: POLICY, byHand: policy }] }];
    }),
  );
  return found.flat();
}

/**
 * What lies in the buckets that are gone, themselves included: it went with them.
 *
 * @param findings - of `bucketFindings`
 * @returns URNs
 */
export function goneWithBuckets(state: State, findings: readonly Finding[]): string[] {
  const gone = new Set(findings.filter(({ kind }) => kind === "gone").map(({ urn }) => urn));
  const names = new Set(
    declaredBuckets(state).flatMap(({ resource, bucket }) => (gone.has(resource.urn) ? [bucket] : [])),
  );
  return resourcesOf(state).flatMap(({ urn, type, inputs }) =>
    type.startsWith("minio:") && names.has(plain(inputs?.["bucket"]) ?? "") ? [urn] : [],
  );
}

/**
 * Takes such policies away.
 *
 * @param state - with secrets decrypted
 * @returns names of the buckets that were open
 */
export async function closeBuckets(state: State): Promise<string[]> {
  const store = storeOf(state);
  const found = await bucketFindings(state);
  const open = new Set(found.filter(({ kind }) => kind === "changed").map(({ urn }) => urn));
  if (store === undefined) return [];
  const names = declaredBuckets(state).flatMap(({ resource, bucket }) =>
    open.has(resource.urn) ? [bucket] : [],
  );
  await Promise.all(names.map((bucket) => store.setBucketPolicy(bucket, "")));
  return names;
}

/** The object store, as the provider of the state reaches it. */
function storeOf(state: State): Client | undefined {
  const { inputs = {} } = resourcesOf(state).find(({ type }) => type === PROVIDER) ?? {};
  const [server = "", accessKey, secretKey] = ["minioServer", "minioUser", "minioPassword"].map((key) =>
    plain(inputs[key]),
  );
  const [endPoint = "", port] = server.split(":");
  if (endPoint === "" || accessKey === undefined || secretKey === undefined) return undefined;
  return new Client({
    ...{ endPoint, port: Number(port), useSSL: false, pathStyle: true, region: S3_REGION },
    ...{ accessKey, secretKey },
  });
}

function declaredBuckets(state: State): Array<{ readonly resource: StateResource; readonly bucket: string }> {
  return resourcesOf(state).flatMap((resource) => {
    const bucket = plain(resource.inputs?.["bucket"]);
    return resource.type === BUCKET && bucket !== undefined ? [{ resource, bucket }] : [];
  });
}

/** Undefined for a bucket without one. */
async function policyOf(store: Client, bucket: string): Promise<string | undefined> {
  try {
    return await store.getBucketPolicy(bucket);
  } catch (error) {
    if ((error as { code?: unknown }).code === "NoSuchBucketPolicy") return undefined;
    throw error;
  }
}

/** Whether a policy lets anybody in. One that cannot be read is taken for one that does. */
function lets(policy: string): boolean {
  const { success, data } = policySchema.safeParse(parsed(policy));
  return !success || data.Statement.some(({ Effect }) => Effect !== "Deny");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
