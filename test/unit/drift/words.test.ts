import { describe, expect, it } from "vitest";
import { type Drift, type Finding, lostStores } from "../../../cli/drift/finding";
import { placeOf } from "../../../cli/drift/place";
import { driftInWords } from "../../../cli/drift/words";
import { resource, urnOf } from "../recovery/state";

const UP = "npm run up -- --stack prod";
const words = (drift: Partial<Drift>): string =>
  driftInWords({ stack: "prod", compared: 120, findings: [], notCompared: [], ...drift }, UP);

const client: Finding = {
  urn: urnOf("keycloak:openid/client:Client", "identity-clients-mlflow"),
  what: "Keycloak client mlflow",
  kind: "changed",
  differences: [{ path: "validRedirectUris[1]", byHand: "https://evil.example/*" }],
};
const bucket: Finding = {
  urn: urnOf("minio:index/s3Bucket:S3Bucket", "storage-mlflow-vision"),
  what: "Bucket mlflow-vision",
  kind: "gone",
  differences: [],
  lost: "bucket with its artifacts",
};
const person: Finding = {
  urn: urnOf("keycloak:index/user:User", "identity-people-vera"),
  what: "Keycloak user vera",
  kind: "gone",
  differences: [],
  lost: "a person's account",
};

describe("what drift prints", () => {
  it("is one line when there is none", () => {
    expect(words({})).toBe("✓ Stack prod is as its last `up` made it (120 resources compared).");
  });

  it("says what, where, the value by hand and the declared one, and the command that repairs it", () => {
    expect(words({ findings: [client] }).split("\n")).toEqual([
      "  ~ Keycloak client mlflow",
      "      validRedirectUris[1]: by hand https://evil.example/*, declared (nothing)",
      "",
      "✗ Stack prod is not as its last `up` made it: 1 thing is different.",
      `  Repair it all: ${UP} --refresh`,
    ]);
  });

  it("calls out data that is gone, and does not offer to make it anew", () => {
    const printed = words({ findings: [client, bucket] });
    expect(printed).toContain("  - Bucket mlflow-vision is gone — bucket with its artifacts");
    expect(printed).toContain("2 things are different");
    expect(printed).toMatch(/Data is gone: Bucket mlflow-vision\..*not make it anew/);
    expect(printed).toContain("docs/operations.md#backup");
    expect(printed).not.toContain("Repair it all");
  });

  it("says that a person's account is gone, which can be made again", () => {
    const printed = words({ findings: [person] });
    expect(printed).toContain("  - Keycloak user vera is gone — a person's account");
    expect(printed).toContain("Repair it all");
  });

  it("says what could not be compared and why, and never that all is well", () => {
    const notCompared = [{ what: "everything in Keycloak", why: "keycloak is exited" }];
    const printed = words({ notCompared });
    expect(printed).toContain("  ? not compared: everything in Keycloak, since keycloak is exited");
    expect(printed).toContain("could not be compared as a whole");
    expect(printed).toContain(UP);
    expect(printed).not.toContain("✓");
  });

  it("shows a document in one line, as short as it can be", () => {
    const byHand = '{\n  "Statement": [\n    {"Effect": "Allow"}\n  ]\n}';
    const printed = words({ findings: [{ ...client, differences: [{ path: "policy", byHand }] }] });
    expect(printed).toContain('policy: by hand {"Statement":[{"Effect":"Allow"}]}, declared (nothing)');
  });

  it("keeps each value on its line, short, and without what plays with a terminal", () => {
    const byHand = `a\n\u001b[2J\u202e"b"${"x".repeat(500)}`;
    const [, line = ""] = words({
      findings: [{ ...client, differences: [{ path: "name", byHand }] }],
    }).split("\n");
    expect(line).toContain('name: by hand a\\n\\u001b[2J\\u202e"b"xxx');
    expect(line).toMatch(/x… \(\d+ letters\), declared \(nothing\)$/);
    expect(line.length).toBeLessThan(300);
  });
});

describe("data that is lost", () => {
  it("is what nobody can declare: a bucket, not a person's account, and nothing that is only changed", () => {
    expect(lostStores([client, bucket, person, { ...bucket, kind: "changed" }])).toEqual([bucket]);
  });

  it("is also a volume whose name belongs to another one", () => {
    const volume: Finding = {
      ...bucket,
      urn: urnOf("docker:index/volume:Volume", "postgres-data"),
      kind: "foreign",
    };
    expect(lostStores([volume])).toEqual([volume]);
  });
});

describe("the place of a thing", () => {
  it.each([
    [
      "keycloak:openid/client:Client",
      "identity-clients-mlflow",
      { clientId: "mlflow" },
      "Keycloak client mlflow",
    ],
    ["minio:index/s3Bucket:S3Bucket", "storage-x", { bucket: "mlflow-x" }, "Bucket mlflow-x"],
    ["docker:index/container:Container", "nginx-container", { name: "p-nginx" }, "Container p-nginx"],
    [
      "keycloak:openid/clientDefaultScopes:ClientDefaultScopes",
      "identity-cli-scopes",
      { clientId: "0d9f2c1e-1b7a-4a44-9a51-6b3f0a4f0c11" },
      "Keycloak default scopes identity-cli-scopes",
    ],
    [
      "pulumi-nodejs:dynamic/mlflow-platform:Grant",
      "access-vision-members",
      { kind: "group", holder: "vision", workspace: "vision" },
      "MLflow grant of group vision in workspace vision",
    ],
    ["x:y:Thing", "a-thing", {}, "Thing a-thing"],
  ])("of type %s", (type, name, inputs, place) => {
    expect(placeOf(resource(type, name, { inputs }))).toBe(place);
  });
});
