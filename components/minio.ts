import type * as docker from "@pulumi/docker";
import * as minio from "@pulumi/minio";
import * as pulumi from "@pulumi/pulumi";
import { auditWebhookEnv } from "../lib/auditEnv";
import { minioEnv } from "../lib/minioEnv";
import { S3_REGION } from "../lib/mlflowEnv";
import { dataVolume } from "./dataVolume";
import type { Identity } from "./identity/identity";
import { password } from "./password";
import type { Platform } from "./types";
import { Workload } from "./workload";

/** Name of the root key. Providers use it, nobody else; it cannot sign in to the console. */
export const MINIO_ROOT = "platform-root";

export interface MinioArgs {
  readonly platform: Platform;
  readonly identity: Identity;
  /** What it shows to the audit service. Secret. */
  readonly auditToken: pulumi.Input<string>;
}

/** The object store with its OpenID configuration, and the provider that configures it. */
export class Minio extends pulumi.ComponentResource {
  public readonly volume: docker.Volume;
  public readonly provider: minio.Provider;
  /** Password of the root key. Secret. */
  public readonly rootPassword: pulumi.Output<string>;

  public constructor(name: string, args: MinioArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-platform:minio:Minio", name, {}, opts);
    const { platform, identity } = args;
    this.volume = dataVolume(`${name}-data`, platform, "minio", this);
    this.rootPassword = password(`${name}-root`, this);
    const port = platform.endpoints.providerPorts.minio;
    const server = new Workload(
      name,
      {
        platform,
        service: "minio",
        command: ["server", "/data", "--address", ":9000", "--quiet"],
        env: {
          ...minioEnv(`${identity.internalRealmUrl}/.well-known/openid-configuration`),
          ...auditWebhookEnv(),
          MINIO_ROOT_USER: MINIO_ROOT,
        },
        secrets: {
          MINIO_ROOT_PASSWORD: this.rootPassword,
          MINIO_AUDIT_WEBHOOK_AUTH_TOKEN_AUDIT: args.auditToken,
          MINIO_IDENTITY_OPENID_CLIENT_SECRET_KEYCLOAK: identity.clients.minioSecret,
        },
        health: { test: ["http-ok", "9000", "/minio/health/ready"], startPeriodSeconds: 5 },
        waitTimeoutSeconds: 120,
        memoryMiB: 1024,
        cpus: 2,
        tmpfs: { "/tmp": "rw,noexec,nosuid,size=64m" },
        volumes: { "/data": { volume: this.volume } },
        loopbackPorts: { 9000: port },
      },
      // It reads the realm's discovery document when it starts.
      { parent: this, dependsOn: [identity.clients.minio] },
    );
    this.provider = new minio.Provider(
      `${name}-provider`,
      {
        minioServer: `127.0.0.1:${port}`,
        minioUser: MINIO_ROOT,
        minioPassword: this.rootPassword,
        minioRegion: S3_REGION,
        minioSsl: false,
      },
      { parent: this, dependsOn: server.container },
    );
    this.registerOutputs({ root: MINIO_ROOT });
  }
}
