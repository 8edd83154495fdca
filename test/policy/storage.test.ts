import { describe, expect, it } from "vitest";
import { ADMINS_GROUP } from "../../config/schema";
import { ADMINS_POLICY } from "../../lib/names";
import { wardenPolicyDocument } from "../../lib/policies";
import { type Resource, TYPES } from "../../policy/resource";
import { publicBuckets } from "../../policy/rules/storage/publicBuckets";
import { attachedPolicies } from "../../policy/rules/storage/attachedPolicies";
import { wildcards } from "../../policy/rules/storage/wildcards";
import { UNKNOWN } from "../../policy/values";
import { found, resource } from "./fixtures";

const TEAM = "arn:aws:s3:::mlflow-vision/*";

const policy = (document: unknown, more: Partial<Resource> = {}): Resource =>
  resource(
    TYPES.iamPolicy,
    { policy: typeof document === "string" ? document : JSON.stringify(document) },
    more,
  );
const statement = (parts: object): unknown => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", ...parts }],
});

describe("buckets", () => {
  it.each(["public-read", "public-read-write", "PUBLIC", "authenticated-read"])("none is %s", (acl) => {
    expect(found(publicBuckets, resource(TYPES.bucket, { acl }))).toHaveLength(1);
  });

  it("are private, by word or by default", () => {
    for (const acl of ["private", undefined, UNKNOWN]) {
      expect(found(publicBuckets, resource(TYPES.bucket, { acl }))).toEqual([]);
    }
  });

  it.each([
    ["everybody", { Principal: "*" }],
    ["everybody, as AWS writes it", { Principal: { AWS: "*" } }],
    ["everybody in a list", { Principal: { AWS: ["arn:aws:iam::1:user/a", "*"] } }],
    ["everybody without a map", { Principal: ["*"] }],
    ["everybody but one", { NotPrincipal: { AWS: "arn:aws:iam::1:user/a" } }],
    ["everybody in lower case", { principal: "*" }],
  ])("no bucket policy for %s", (_, who) => {
    const document = statement({ ...who, Action: "s3:GetObject", Resource: TEAM });
    expect(
      found(publicBuckets, resource(TYPES.bucketPolicy, { policy: JSON.stringify(document) })),
    ).toHaveLength(1);
    expect(found(publicBuckets, resource(TYPES.bucketPolicy, { policy: document }))).toHaveLength(1);
  });

  it("a bucket policy for one, and one that denies everybody something", () => {
    const one = statement({
      Principal: { AWS: "arn:aws:iam::1:user/a" },
      Action: "s3:GetObject",
      Resource: TEAM,
    });
    const deny = { Statement: { Effect: "Deny", Principal: "*", Action: "s3:*", Resource: "*" } };
    for (const document of [one, deny]) {
      expect(
        found(publicBuckets, resource(TYPES.bucketPolicy, { policy: JSON.stringify(document) })),
      ).toEqual([]);
    }
  });
});

describe("policies of the store", () => {
  it.each([
    ["every action", { Action: "*", Resource: TEAM }],
    ["every action of S3", { Action: ["s3:*"], Resource: [TEAM] }],
    ["some by pattern", { Action: ["s3:Get*"], Resource: [TEAM] }],
    ["all but some", { NotAction: ["s3:DeleteBucket"], Resource: [TEAM] }],
    ["on everything", { Action: ["s3:GetObject"], Resource: "*" }],
    ["on every bucket", { Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::*/*"] }],
    ["on buckets by pattern", { Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::mlflow-*/*"] }],
    ["on all but one", { Action: ["s3:GetObject"], NotResource: ["arn:aws:s3:::secret/*"] }],
    ["on no bucket by name", { Action: ["s3:GetObject"] }],
    ["a right on the store", { Action: ["admin:CreateUser"] }],
    ["in lower case", { action: "s3:*", resource: TEAM }],
    ["without saying that it allows", { Effect: undefined, Action: "s3:*", Resource: TEAM }],
    ["with another spelling", { Effect: "ALLOW", Action: "s3:*", Resource: TEAM }],
  ])("none allows %s", (_, parts) => {
    expect(found(wildcards, policy(statement(parts))), JSON.stringify(parts)).toHaveLength(1);
  });

  it("a statement that is no list", () => {
    expect(
      found(wildcards, policy({ Statement: { Effect: "Allow", Action: "s3:*", Resource: TEAM } })),
    ).toHaveLength(1);
  });

  it("what cannot be read, and what is not known yet", () => {
    expect(found(wildcards, policy("{"))).toEqual(["its policy cannot be read"]);
    expect(found(wildcards, resource(TYPES.iamPolicy, { policy: UNKNOWN }))).toEqual([]);
  });

  it("may name a team's bucket, and deny as much as they like", () => {
    expect(found(wildcards, policy(statement({ Action: ["s3:GetObject"], Resource: [TEAM] })))).toEqual([]);
    expect(found(wildcards, policy({ Statement: [{ Effect: "Deny", Action: "*", Resource: "*" }] }))).toEqual(
      [],
    );
  });

  it("have exceptions that count where the program makes them only", () => {
    const own = {
      chain: `mlflow-platform:storage:Storage$${TYPES.iamPolicy}`,
      name: "storage-policy-platform-admins",
    };
    const pattern = statement({ Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::mlflow-*/*"] });
    expect(found(wildcards, policy(pattern, own))).toEqual([]);
    expect(found(wildcards, policy(pattern, { name: own.name }))).toHaveLength(1);
    expect(
      found(wildcards, policy(statement({ Action: ["s3:GetObject"], Resource: ["*"] }), own)),
    ).toHaveLength(1);
    const warden = { chain: `mlflow-platform:warden:Warden$${TYPES.iamPolicy}`, name: "warden-store-policy" };
    expect(found(wildcards, policy(wardenPolicyDocument(), warden))).toEqual([]);
    expect(found(wildcards, policy(wardenPolicyDocument()))).not.toEqual([]);
  });

  it("of the store itself are attached to nobody", () => {
    const attach = (policyName: string) =>
      found(attachedPolicies, resource(TYPES.userPolicy, { policyName, userName: "x" }));
    expect(attach("consoleAdmin")).toHaveLength(1);
    expect(attach("readwrite")).toHaveLength(1);
    expect(attach("mlflow-server,consoleAdmin")).toHaveLength(1);
    expect(attach("mlflow-server")).toEqual([]);
  });

  it("of the store itself come with no token", () => {
    const given = (type: string, policy: unknown, name = "vision") =>
      found(attachedPolicies, resource(type, { name, attributes: { policy } }));
    for (const type of [TYPES.group, TYPES.user]) {
      expect(given(type, "consoleAdmin")).toHaveLength(1);
      expect(given(type, "mlflow-vision##readwrite")).toHaveLength(1);
      expect(given(type, "mlflow-vision, diagnostics")).toHaveLength(1);
      expect(given(type, ADMINS_POLICY)).toHaveLength(1);
      for (const fine of ["mlflow-vision##mlflow-revoked", "", undefined, UNKNOWN])
        expect(given(type, fine)).toEqual([]);
    }
    expect(given(TYPES.group, `${ADMINS_POLICY}##mlflow-revoked`, ADMINS_GROUP)).toEqual([]);
    expect(given(TYPES.user, ADMINS_POLICY, ADMINS_GROUP)).toHaveLength(1);
  });
});
