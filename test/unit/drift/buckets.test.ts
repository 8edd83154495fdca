import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bucketFindings, closeBuckets, goneWithBuckets } from "../../../cli/drift/buckets";
import { forgotten } from "../../../cli/drift/loss";
import { nameOf } from "../../../cli/engine/progress";
import { resourcesOf } from "../../../cli/engine/recovery/state";
import { resource, stateOf, urnOf } from "../recovery/state";

/** Policies by bucket; undefined for a bucket without one. */
const policies = new Map<string, string | undefined>();
const allow = JSON.stringify({ Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:GetObject" }] });
const deny = JSON.stringify({ Statement: [{ Effect: "Deny", Principal: "*", Action: "s3:*" }] });
let server: Server;

beforeAll(async () => {
  server = createServer((request, response) => {
    const bucket = (request.url ?? "").slice(1).split("?")[0] ?? "";
    if (request.method === "DELETE") {
      policies.set(bucket, undefined);
      return void response.writeHead(204).end();
    }
    if (request.method === "HEAD")
      return void response.writeHead(bucket === "broken" ? 500 : policies.has(bucket) ? 200 : 404).end();
    const policy = policies.get(bucket);
    if (policy !== undefined) return void response.end(policy);
    const code = policies.has(bucket)
      ? "NoSuchBucketPolicy"
      : bucket === "broken"
        ? "InternalError"
        : "NoSuchBucket";
    return void response.writeHead(404).end(`<Error><Code>${code}</Code><Message>no</Message></Error>`);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => server.close());

function state(...buckets: string[]) {
  const { port } = server.address() as AddressInfo;
  const provider = resource("pulumi:providers:minio", "minio-provider", {
    inputs: { minioServer: `127.0.0.1:${port}`, minioUser: "root", minioPassword: "a password" },
  });
  return stateOf([
    provider,
    ...buckets.map((bucket) => resource("minio:index/s3Bucket:S3Bucket", bucket, { inputs: { bucket } })),
  ]);
}

describe("a bucket", () => {
  it("without a policy, or with one that only denies, is not listed", async () => {
    policies.set("plain", undefined).set("denying", deny);
    expect(await bucketFindings(state("plain", "denying"))).toEqual([]);
  });

  it("that is gone is listed with what is lost, and took along what lay in it", async () => {
    policies.set("plain", undefined);
    const versioning = (bucket: string) =>
      resource("minio:index/s3BucketVersioning:S3BucketVersioning", `${bucket}-versioning`, {
        inputs: { bucket },
      });
    const before = state("plain", "nowhere");
    const all = stateOf([...resourcesOf(before), versioning("plain"), versioning("nowhere")]);
    const found = await bucketFindings(all);
    expect(found).toMatchObject([
      { what: "Bucket nowhere", kind: "gone", lost: "bucket with its artifacts" },
    ]);
    expect(goneWithBuckets(all, found).map(nameOf)).toEqual(["nowhere", "nowhere-versioning"]);
    expect(await closeBuckets(all)).toEqual([]);
  });

  it.each([allow, "no JSON"])("that lets everybody in is listed with what lets them: %s", async (policy) => {
    policies.set("open", policy);
    expect(await bucketFindings(state("open"))).toMatchObject([
      {
        what: "Bucket open",
        kind: "changed",
        differences: [{ path: "policy for everybody", byHand: policy }],
      },
    ]);
  });

  it("is closed again, and a policy that only denies stays", async () => {
    policies.set("open", allow).set("denying", deny);
    expect(await closeBuckets(state("open", "denying"))).toEqual(["open"]);
    expect(policies.get("open")).toBeUndefined();
    expect(policies.get("denying")).toBe(deny);
  });

  it("is not taken for closed when the store fails", async () => {
    await expect(bucketFindings(state("broken"))).rejects.toThrow();
  });
});

describe("a state that forgets", () => {
  it("has neither the resources nor a word of them in others, and all the rest as it was", () => {
    const [gone, kept] = [urnOf("x:y:Bucket", "gone"), urnOf("x:y:Bucket", "kept")];
    const user = resource("x:y:User", "user", {
      ...{ id: "u1", dependencies: [gone, kept], propertyDependencies: { a: [gone], b: [kept], c: null } },
    });
    const before = stateOf([resource("x:y:Bucket", "gone"), resource("x:y:Bucket", "kept"), user]);
    const after = forgotten(before, new Set([gone]));
    expect(resourcesOf(after)).toEqual([
      resource("x:y:Bucket", "kept"),
      { ...user, dependencies: [kept], propertyDependencies: { a: [], b: [kept], c: [] } },
    ]);
    expect(after.version).toBe(before.version);
  });
});
