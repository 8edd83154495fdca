import { beforeAll, describe, expect, it } from "vitest";
import { deploy } from "../../../components/platform";
import { rolePolicyDocument, serverPolicyDocument } from "../../../lib/policies";
import { record } from "../../helpers/harness";
import type { Properties, Recording } from "../../helpers/recording";
import { generated, opened } from "../../helpers/secrets";
import { sampleSettings } from "../../helpers/settings";

let proxied: Recording;
let direct: Recording;

beforeAll(async () => {
  proxied = await record(() => deploy(sampleSettings()));
  direct = await record(() => deploy(sampleSettings({ artifacts: "direct" })));
});

const inputs = (type: string, name: string, recording = proxied): Properties =>
  recording.get(type, name).inputs;

describe("buckets", () => {
  it("are private; a team's quota is in bytes, and only where it was asked for", () => {
    expect(inputs("S3Bucket", "storage-mlflow-artifacts")).toEqual({
      bucket: "mlflow-artifacts",
      acl: "private",
    });
    expect(inputs("S3Bucket", "storage-mlflow-vision")).toEqual({ bucket: "mlflow-vision", acl: "private" });
    expect(inputs("S3Bucket", "storage-mlflow-language")).toMatchObject({ quota: 5 * 1024 ** 3 });
  });

  it.each(["artifacts", "vision", "language"])("mlflow-%s keeps old versions for 30 days", (name) => {
    expect(inputs("S3BucketVersioning", `storage-mlflow-${name}-versioning`)).toEqual({
      bucket: `mlflow-${name}`,
      versioningConfiguration: { status: "Enabled" },
    });
    expect(inputs("IlmPolicy", `storage-mlflow-${name}-lifecycle`)).toEqual({
      bucket: `mlflow-${name}`,
      rules: [{ id: "old-versions", noncurrentVersionExpirationDays: 30 }],
    });
    const [rule, versions] = [
      proxied.get("IlmPolicy", `storage-mlflow-${name}-lifecycle`),
      proxied.get("S3BucketVersioning", `storage-mlflow-${name}-versioning`),
    ];
    expect(proxied.isAfter(rule, versions)).toBe(true);
  });
});

describe("policies", () => {
  it("give a team its bucket, and administrators every bucket", () => {
    expect(inputs("IamPolicy", "storage-policy-team-vision")).toEqual({
      name: "team-vision",
      policy: rolePolicyDocument("mlflow-vision", "member"),
    });
    expect(inputs("IamPolicy", "storage-policy-platform-admins")).toEqual({
      name: "platform-admins",
      policy: rolePolicyDocument("mlflow-*", "admin"),
    });
  });

  it("give MLflow the shared bucket, and the teams' only when artifacts go there", () => {
    const name = "storage-policy-mlflow-server";
    expect(inputs("IamPolicy", name)["policy"]).toBe(serverPolicyDocument("mlflow-artifacts"));
    expect(inputs("IamPolicy", name, direct)["policy"]).toBe(serverPolicyDocument("mlflow-*"));
  });

  it("are attached to MLflow's own key, whose secret is generated", () => {
    expect(opened(inputs("IamUser", "storage-server"))).toEqual({
      name: "mlflow-server",
      secret: generated("storage-server-secret"),
    });
    expect(inputs("IamUserPolicyAttachment", "storage-server-policy")).toEqual({
      userName: "mlflow-server",
      policyName: "mlflow-server",
    });
  });
});

describe("workspaces and grants", () => {
  /** Inputs without the connection, which all share. */
  const own = (type: string, name: string, recording = proxied): unknown => {
    const { __provider, apiUrl, tokenUrl, clientId, clientSecret, ...rest } = inputs(type, name, recording);
    expect(apiUrl).toBe("http://127.0.0.1:8093");
    expect(tokenUrl).toBe("http://127.0.0.1:8091/realms/mlflow-dev/protocol/openid-connect/token");
    expect(clientId).toBe("mlflow-provisioner");
    expect(opened(clientSecret)).toBe(generated("identity-account-mlflow-provisioner-secret"));
    expect(__provider).toEqual(expect.any(String));
    return rest;
  };

  it("have an artifact root of their own in direct mode, MLflow's shared one in proxied", () => {
    expect(own("Workspace", "access-vision")).toEqual({
      name: "vision",
      description: "Team vision",
      artifactRoot: "",
      retain: true,
    });
    expect(own("Workspace", "access-vision", direct)).toMatchObject({ artifactRoot: "s3://mlflow-vision" });
  });

  it("let a team's group and its service accounts work in it, nobody else", () => {
    expect(own("Grant", "access-vision-members")).toEqual({
      workspace: "vision",
      kind: "group",
      holder: "vision",
      permission: "EDIT",
    });
    expect(own("Grant", "access-account-vision-ci-grant")).toEqual({
      workspace: "vision",
      kind: "user",
      holder: "service-account-vision-ci",
      permission: "EDIT",
    });
    const holders = proxied.ofType("Grant").map(({ inputs: it }) => [it["workspace"], it["holder"]]);
    expect(holders.sort()).toEqual([
      ["language", "language"],
      ["language", "service-account-language-ci"],
      ["language", "service-account-language-cron"],
      ["vision", "service-account-vision-ci"],
      ["vision", "vision"],
    ]);
  });

  it("bind an account to the subject of its own client, and grant only once it is there", () => {
    expect(own("Account", "access-account-vision-ci")).toEqual({
      username: "service-account-vision-ci",
      displayName: "vision-ci (team vision)",
      subject: "subject-of-identity-account-vision-ci",
    });
    const grant = proxied.get("Grant", "access-account-vision-ci-grant");
    expect(proxied.isAfter(grant, proxied.get("Account", "access-account-vision-ci"))).toBe(true);
    expect(proxied.isAfter(grant, proxied.get("Workspace", "access-vision"))).toBe(true);
  });
});

describe("the stack's outputs", () => {
  it("say where each team's artifacts lie, and what a client needs, by mode", () => {
    expect(proxied.stackOutputs["teams"]).toMatchObject({
      vision: {
        group: "vision",
        workspace: "vision",
        bucket: "mlflow-vision",
        artifactRoot: "s3://mlflow-artifacts/workspaces/vision",
      },
    });
    expect(proxied.stackOutputs["clientEnv"]).toEqual({ MLFLOW_TRACKING_URI: "http://localhost:8080" });
    expect(direct.stackOutputs["teams"]).toMatchObject({ vision: { artifactRoot: "s3://mlflow-vision" } });
    expect(direct.stackOutputs["clientEnv"]).toEqual({
      MLFLOW_TRACKING_URI: "http://localhost:8080",
      MLFLOW_S3_ENDPOINT_URL: "http://localhost:8082",
      AWS_DEFAULT_REGION: "us-east-1",
    });
  });

  it("say where to sign in, and what a client of one's own needs", () => {
    expect(proxied.stackOutputs["urls"]).toEqual({
      mlflow: "http://localhost:8080",
      auth: "http://localhost:8081",
      s3: "http://localhost:8082",
      console: "http://localhost:8083",
    });
    expect(proxied.stackOutputs["oidc"]).toEqual({
      issuer: "http://localhost:8081/realms/mlflow-dev",
      realm: "mlflow-dev",
      clientId: "mlflow",
      cliClientId: "mlflow-cli",
      audience: "mlflow-api",
      usersGroup: "mlflow-users",
      scopes: { mlflow: "mlflow-api", groups: "groups", s3: "s3-access" },
    });
  });

  it("hold everybody's first password and every service account's secret", () => {
    const credentials = opened(proxied.stackOutputs["credentials"]) as Record<string, Properties>;
    expect(credentials["users"]).toEqual({
      ada: generated("identity-people-ada-password"),
      vera: generated("identity-people-vera-password"),
      luis: generated("identity-people-luis-password"),
      nora: generated("identity-people-nora-password"),
    });
    expect(Object.keys(credentials["serviceAccounts"] ?? {}).sort()).toEqual([
      "language-ci",
      "language-cron",
      "vision-ci",
    ]);
    expect(credentials["keycloakAdmin"]).toEqual({
      username: "admin",
      password: generated("keycloak-admin"),
    });
  });
});
