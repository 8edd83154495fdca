import { describe, expect, it } from "vitest";
import { serverPolicyDocument, teamPolicyDocument } from "../../../lib/policies";

interface Statement {
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource?: readonly string[];
}

const statements = (policy: string): readonly Statement[] =>
  (JSON.parse(policy) as { Statement: Statement[] }).Statement;
const allowed = (policy: string): string[] =>
  statements(policy)
    .filter(({ Effect }) => Effect === "Allow")
    .flatMap(({ Action }) => Action);

const team = teamPolicyDocument("mlflow-vision");
const server = serverPolicyDocument("mlflow-artifacts");

describe.each([
  ["a team", team],
  ["MLflow", server],
])("the policy of %s", (_who, policy) => {
  it("is text as the store gives it back: no white space, lists sorted", () => {
    expect(policy).not.toMatch(/\s/);
    expect(policy).toBe(JSON.stringify(JSON.parse(policy)));
    for (const { Action, Resource } of statements(policy)) {
      expect(Action).toEqual([...Action].sort());
      expect(Resource).toEqual(Resource && [...Resource].sort());
    }
  });

  it("allows to read, write and list, and nothing else", () => {
    expect(allowed(policy).sort()).toEqual([
      "s3:AbortMultipartUpload",
      "s3:DeleteObject",
      "s3:GetBucketLocation",
      "s3:GetObject",
      "s3:ListBucket",
      "s3:ListBucketMultipartUploads",
      "s3:ListMultipartUploadParts",
      "s3:PutObject",
    ]);
  });

  it("allows nothing by a wildcard, and never to remove a version or to change a bucket", () => {
    expect(allowed(policy).filter((action) => action.includes("*"))).toEqual([]);
    expect(allowed(policy)).not.toContain("s3:DeleteObjectVersion");
    expect(
      allowed(policy).filter((action) => /Put(Bucket|Lifecycle)|DeleteBucket|CreateBucket/.test(action)),
    ).toEqual([]);
  });
});

describe("the policy of a team", () => {
  it("names its bucket and no other", () => {
    expect(statements(team).map(({ Resource }) => Resource)).toEqual([
      ["arn:aws:s3:::mlflow-vision"],
      ["arn:aws:s3:::mlflow-vision/*"],
      undefined,
    ]);
  });

  it("denies keys that would outlive their user", () => {
    expect(statements(team).filter(({ Effect }) => Effect === "Deny")).toEqual([
      { Effect: "Deny", Action: ["admin:CreateServiceAccount"] },
    ]);
  });

  it("is this text", () => {
    expect(team).toBe(
      '{"Version":"2012-10-17","Statement":[' +
        '{"Effect":"Allow","Action":["s3:GetBucketLocation","s3:ListBucket","s3:ListBucketMultipartUploads"],"Resource":["arn:aws:s3:::mlflow-vision"]},' +
        '{"Effect":"Allow","Action":["s3:AbortMultipartUpload","s3:DeleteObject","s3:GetObject","s3:ListMultipartUploadParts","s3:PutObject"],"Resource":["arn:aws:s3:::mlflow-vision/*"]},' +
        '{"Effect":"Deny","Action":["admin:CreateServiceAccount"]}]}',
    );
  });
});

describe("the policy of MLflow's key", () => {
  it("is the same for a pattern of buckets", () => {
    expect(serverPolicyDocument("mlflow-*")).toBe(server.replaceAll("mlflow-artifacts", "mlflow-*"));
  });
});
