import { describe, expect, it } from "vitest";
import { goDuration } from "../../../lib/goDuration";
import {
  ALL_BUCKETS,
  ARTIFACT_BUCKET,
  artifactRoot,
  objectLabels,
  objectName,
  realmName,
  rolePolicy,
  serviceAccountUser,
  sessionCookieName,
  stackPrefix,
  teamBucket,
  teamGroup,
} from "../../../lib/names";

describe("names", () => {
  it("on the engine carry the stack's name", () => {
    expect(stackPrefix("dev")).toBe("mlflow-platform-dev");
    expect(objectName("dev", "postgres-data")).toBe("mlflow-platform-dev-postgres-data");
    expect(objectLabels("dev", "postgres", "postgres-container")).toEqual({
      "mlflow-platform.stack": "dev",
      "mlflow-platform.service": "postgres",
      "mlflow-platform.resource": "postgres-container",
    });
  });

  it("in Keycloak and the browser carry it as well", () => {
    expect(realmName("staging-2")).toBe("mlflow-staging-2");
    // A cookie's name may hold hyphens, but MLflow's framework reads it as a Python name elsewhere.
    expect(sessionCookieName("staging-2")).toBe("mlflow_session_staging_2");
  });

  it("of cookies differ wherever the names of stacks do", () => {
    const stacks = ["a", "a-b", "a--b", "ab", "a-b-c", "abc"];
    expect(new Set(stacks.map(sessionCookieName)).size).toBe(stacks.length);
  });

  it("of a team's roles are a group and a policy each, which no other team can be called", () => {
    const roles = ["reader", "member", "admin"] as const;
    expect(roles.map((role) => teamGroup("vision", role))).toEqual([
      "vision.readers",
      "vision",
      "vision.admins",
    ]);
    expect(roles.map((role) => rolePolicy("vision", role))).toEqual([
      "read-vision",
      "team-vision",
      "admin-vision",
    ]);
  });

  it("of a team give its bucket; the shared bucket is no team's", () => {
    expect(teamBucket("vision")).toBe("mlflow-vision");
    // The longest name of a team that the settings allow still makes a bucket.
    expect(teamBucket("a".repeat(56))).toHaveLength(63);
    expect(ARTIFACT_BUCKET).toBe(teamBucket("artifacts"));
    for (const bucket of [ARTIFACT_BUCKET, teamBucket("vision")]) {
      expect(bucket.startsWith(ALL_BUCKETS.slice(0, -1))).toBe(true);
    }
  });

  it("of service accounts are Keycloak's", () => {
    expect(serviceAccountUser("vision-ci")).toBe("service-account-vision-ci");
  });

  it("of artifact roots follow the mode", () => {
    expect(artifactRoot("proxied", "vision")).toBe("s3://mlflow-artifacts/workspaces/vision");
    expect(artifactRoot("direct", "vision")).toBe("s3://mlflow-vision");
  });
});

describe("durations as Go writes them", () => {
  it.each([
    [0, "0s"],
    [5, "5s"],
    [59, "59s"],
    [60, "1m0s"],
    [90, "1m30s"],
    [600, "10m0s"],
    [3599, "59m59s"],
    [3600, "1h0m0s"],
    [3661, "1h1m1s"],
    [86_400, "24h0m0s"],
  ])("%i s is %s", (seconds, text) => {
    expect(goDuration(seconds)).toBe(text);
  });
});
