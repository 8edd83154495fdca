import { describe, expect, it } from "vitest";
import { parseS3Url } from "../../../cli/smoke/objects";
import { claimsOf, hasAudience } from "../../../cli/smoke/tokens";

describe("a team's artifact root", () => {
  it.each([
    ["s3://mlflow-artifacts/workspaces/vision", "mlflow-artifacts", "workspaces/vision/"],
    ["s3://mlflow-artifacts/workspaces/vision/", "mlflow-artifacts", "workspaces/vision/"],
    ["s3://mlflow-vision", "mlflow-vision", ""],
    ["s3://mlflow-vision/", "mlflow-vision", ""],
  ])("%s is a bucket and a prefix that ends in a slash or is empty", (url, bucket, prefix) => {
    expect(parseS3Url(url)).toEqual({ bucket, prefix });
  });
});

describe("a token's audience", () => {
  const token = (claims: object): string =>
    `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.sig`;
  const base = { iss: "https://auth.example.com", sub: "1" };

  it.each([
    [{ ...base, aud: "mlflow-api" }, true],
    [{ ...base, aud: ["minio", "mlflow-api"] }, true],
    [{ ...base, aud: "mlflow-api-2" }, false],
    [base, false],
  ])("of %j is found: %s", (claims, found) => {
    expect(hasAudience(claimsOf(token(claims)), "mlflow-api")).toBe(found);
  });
});
