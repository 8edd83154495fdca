import type { Check } from "../../../cli/smoke/check";
import { Cleanup } from "../../../cli/smoke/cleanup";
import { type SmokeContext, Shelf } from "../../../cli/smoke/context";
import { Reach } from "../../../cli/smoke/reach";
import { OUTPUTS_VERSION, type StackOutputs } from "../../../lib/outputs";

/** Outputs of a stack of two teams, complete. */
export function sampleOutputs(): StackOutputs {
  return {
    outputsVersion: OUTPUTS_VERSION,
    urls: {
      mlflow: "http://localhost:8080",
      auth: "http://localhost:8081",
      s3: "http://localhost:8082",
      console: "http://localhost:8083",
    },
    oidc: {
      issuer: "http://localhost:8081/realms/mlflow-dev",
      realm: "mlflow-dev",
      clientId: "mlflow",
      cliClientId: "mlflow-cli",
      audience: "mlflow-api",
      usersGroup: "mlflow-users",
      scopes: { mlflow: "mlflow-api", groups: "groups", s3: "s3-access" },
    },
    teams: {
      vision: {
        group: "vision",
        workspace: "vision",
        bucket: "mlflow-vision",
        artifactRoot: "s3://mlflow-artifacts/workspaces/vision",
        serviceAccounts: [{ clientId: "vision-ci", role: "member" }],
      },
    },
    s3: {
      endpoint: "http://localhost:8082",
      region: "us-east-1",
      audience: "minio",
      policyClaim: "policy",
      revokedPolicy: "revoked",
    },
    clientEnv: { MLFLOW_TRACKING_URI: "http://localhost:8080" },
    credentials: {
      keycloakAdmin: { username: "platform-admin", password: "not-a-real-password-1" },
      users: { vera: "not-a-real-password-5" },
      serviceAccounts: {
        "vision-ci": {
          clientId: "vision-ci",
          clientSecret: "not-a-real-secret-2",
          team: "vision",
          role: "member",
        },
      },
      minioRoot: { username: "platform-root", password: "not-a-real-password-3" },
      provisioner: { clientId: "mlflow-provisioner", clientSecret: "not-a-real-secret-4" },
      postgres: { username: "postgres", password: "not-a-real-password-6" },
    },
    certificates: { mode: "http" },
    images: {
      postgres: "mlflow-platform-dev/postgres:17-000000000000",
      keycloak: "mlflow-platform-dev/keycloak:26.7.5-000000000000",
      audit: "mlflow-platform-dev/audit:1-000000000000",
      minio: "mlflow-platform-dev/minio:1-000000000000",
      console: "mlflow-platform-dev/console:1-000000000000",
      mlflow: "mlflow-platform-dev/mlflow:3.17.2-000000000000",
      warden: "mlflow-platform-dev/warden:1-000000000000",
      nginx: "mlflow-platform-dev/nginx:1-000000000000",
    },
    providerEndpoints: {
      postgres: "postgresql://127.0.0.1:8090",
      keycloak: "http://127.0.0.1:8091",
      minio: "http://127.0.0.1:8092",
      mlflow: "http://127.0.0.1:8093",
    },
    settings: { stack: "dev", artifacts: "proxied" },
  };
}

/** A context for checks that touch nothing outside the process. */
export function sampleContext(signal: AbortSignal = new AbortController().signal): SmokeContext {
  const outputs = sampleOutputs();
  return {
    outputs,
    reach: new Reach(Object.values(outputs.urls)),
    id: "0123456789ab",
    signal,
    cleanup: new Cleanup(),
    chromium: "/nonexistent/chromium",
    pictures: undefined,
    facts: new Shelf(),
  };
}

/** A check for the runner. */
export function sampleCheck(id: string, run: Check["run"], needs: readonly string[] = []): Check {
  return { id, title: `title of ${id}`, needs, run };
}
