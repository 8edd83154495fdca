import * as pulumi from "@pulumi/pulumi";
import { mlflowArgs, mlflowEnv } from "../lib/mlflowEnv";
import type { Identity } from "./identity/identity";
import { password } from "./password";
import type { DatabaseService } from "./postgres";
import type { Storage } from "./storage/storage";
import type { Platform } from "./types";
import { Workload } from "./workload";

export interface MlflowArgs {
  readonly platform: Platform;
  readonly identity: Identity;
  readonly storage: Storage;
  /** Runs, metrics and models. */
  readonly tracking: DatabaseService;
  /** Accounts, grants and sessions of the login plugin. */
  readonly auth: DatabaseService;
}

/** MLflow with its login plugin. */
export class Mlflow extends pulumi.ComponentResource {
  /** Exists once MLflow answers. */
  public readonly ready: readonly pulumi.Resource[];
  /** Address of the loopback port, for the provider of workspaces and grants. */
  public readonly providerUrl: string;

  public constructor(name: string, args: MlflowArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-platform:mlflow:Mlflow", name, {}, opts);
    const { platform, identity, storage } = args;
    const publicUrl = platform.endpoints.urls.mlflow;
    const providerPort = platform.endpoints.providerPorts.mlflow;
    this.providerUrl = `http://127.0.0.1:${providerPort}`;
    const server = new Workload(
      name,
      {
        platform,
        service: "mlflow",
        command: mlflowArgs({ publicUrl, providerPort }),
        env: mlflowEnv({
          stack: platform.stack,
          publicUrl,
          issuer: identity.issuer,
          discoveryUrl: `${identity.internalRealmUrl}/.well-known/openid-configuration`,
        }),
        secrets: {
          MLFLOW_BACKEND_STORE_URI: args.tracking.sqlalchemyUrl,
          OIDC_USERS_DB_URI: args.auth.sqlalchemyUrl,
          OIDC_CLIENT_SECRET: identity.clients.mlflowSecret,
          // Signs cookies; with a generated one every restart would log everybody out.
          SECRET_KEY: password(`${name}-session-key`, this),
          // Encrypts secrets that people store in MLflow; the built-in default is public knowledge.
          MLFLOW_CRYPTO_KEK_PASSPHRASE: password(`${name}-kek-passphrase`, this),
          AWS_ACCESS_KEY_ID: storage.serverKey.id,
          AWS_SECRET_ACCESS_KEY: storage.serverKey.secret,
        },
        health: { test: ["http-ok", "5000", "/health/ready"], startPeriodSeconds: 60 },
        waitTimeoutSeconds: 300,
        memoryMiB: 2048,
        cpus: 2,
        tmpfs: {},
        // Uploads of artifacts pass through it whole. On disk, so that their size is not a matter of memory.
        scratch: ["/tmp"],
        loopbackPorts: { 5000: providerPort },
      },
      {
        parent: this,
        dependsOn: [args.tracking.ready, args.auth.ready, identity.clients.mlflow, ...storage.ready],
      },
    );
    this.ready = server.container === undefined ? [] : [server.container];
    this.registerOutputs({ url: publicUrl });
  }
}
