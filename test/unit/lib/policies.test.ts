import { describe, expect, it } from "vitest";
import { revokedPolicyDocument, rolePolicyDocument, serverPolicyDocument } from "../../../lib/policies";

interface Statement {
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource?: readonly string[];
  readonly Condition?: unknown;
}

const statements = (policy: string): readonly Statement[] =>
  (JSON.parse(policy) as { Statement: Statement[] }).Statement;
const allowed = (policy: string): string[] =>
  statements(policy)
    .filter(({ Effect }) => Effect === "Allow")
    .flatMap(({ Action }) => Action);

const reader = rolePolicyDocument("mlflow-vision", "reader");
const member = rolePolicyDocument("mlflow-vision", "member");
const admin = rolePolicyDocument("mlflow-vision", "admin");
const revoked = revokedPolicyDocument(["b", "a"]);
const READS = ["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"];
const WRITES = [
  "s3:AbortMultipartUpload",
  ...READS,
  "s3:ListBucketMultipartUploads",
  "s3:ListMultipartUploadParts",
  "s3:PutObject",
];
const server = serverPolicyDocument("mlflow-artifacts");

describe.each([
  ["a reader", reader],
  ["a member", member],
  ["a team's administrator", admin],
  ["MLflow", server],
  ["nobody", revoked],
])("the policy of %s", (_who, policy) => {
  it("is text as the store gives it back: no white space, lists sorted", () => {
    expect(policy).not.toMatch(/\s/);
    expect(policy).toBe(JSON.stringify(JSON.parse(policy)));
    for (const { Action, Resource } of statements(policy)) {
      expect(Action).toEqual([...Action].sort());
      expect(Resource).toEqual(Resource && [...Resource].sort());
    }
  });

  it("allows nothing by a wildcard, and never to remove a version or to change a bucket", () => {
    expect(allowed(policy).filter((action) => action.includes("*"))).toEqual([]);
    expect(allowed(policy)).not.toContain("s3:DeleteObjectVersion");
    expect(
      allowed(policy).filter((action) => /Put(Bucket|Lifecycle)|DeleteBucket|CreateBucket/.test(action)),
    ).toEqual([]);
  });
});

describe("what a policy allows", () => {
  it.each([
    ["a reader", reader, READS],
    ["a member, who deletes nothing,", member, WRITES],
    ["a team's administrator", admin, [...WRITES, "s3:DeleteObject"]],
    ["MLflow", server, [...WRITES, "s3:DeleteObject"]],
    ["nobody", revoked, []],
  ])("%s is this and nothing else", (_who, policy, actions) => {
    expect(allowed(policy).sort()).toEqual([...actions].sort());
  });
});

describe.each([reader, member, admin])("the policy of a role", (policy) => {
  it("names the team's bucket and no other", () => {
    expect(statements(policy).map(({ Resource }) => Resource)).toEqual([
      ["arn:aws:s3:::mlflow-vision"],
      ["arn:aws:s3:::mlflow-vision/*"],
      ["arn:aws:s3:::mlflow-vision/*"],
      undefined,
    ]);
  });

  it("denies to remove versions, and keys that would outlive their user", () => {
    expect(statements(policy).filter(({ Effect }) => Effect === "Deny")).toEqual([
      {
        ...{ Effect: "Deny", Action: ["s3:DeleteObjectVersion"] },
        Resource: ["arn:aws:s3:::mlflow-vision/*"],
      },
      { Effect: "Deny", Action: ["admin:CreateServiceAccount"] },
    ]);
  });
});

describe("the policy of a member", () => {
  it("is this text", () => {
    expect(member).toBe(
      '{"Version":"2012-10-17","Statement":[' +
        '{"Effect":"Allow","Action":["s3:GetBucketLocation","s3:ListBucket","s3:ListBucketMultipartUploads"],"Resource":["arn:aws:s3:::mlflow-vision"]},' +
        '{"Effect":"Allow","Action":["s3:AbortMultipartUpload","s3:GetObject","s3:ListMultipartUploadParts","s3:PutObject"],"Resource":["arn:aws:s3:::mlflow-vision/*"]},' +
        '{"Effect":"Deny","Action":["s3:DeleteObjectVersion"],"Resource":["arn:aws:s3:::mlflow-vision/*"]},' +
        '{"Effect":"Deny","Action":["admin:CreateServiceAccount"]}]}',
    );
  });
});

describe("the policy of those whose access has ended", () => {
  it("denies them everything, by the subject of their token", () => {
    expect(statements(revoked)).toEqual([
      {
        Effect: "Deny",
        Action: ["s3:*"],
        Resource: ["arn:aws:s3:::*"],
        Condition: { StringEquals: { "jwt:sub": ["a", "b"] } },
      },
    ]);
  });

  it("begins with nobody", () => {
    expect(statements(revokedPolicyDocument())[0]?.Condition).toEqual({ StringEquals: { "jwt:sub": [""] } });
  });
});

describe("the policy of MLflow's key", () => {
  it("is the same for a pattern of buckets", () => {
    expect(serverPolicyDocument("mlflow-*")).toBe(server.replaceAll("mlflow-artifacts", "mlflow-*"));
  });
});
