import * as minio from "@pulumi/minio";
import * as pulumi from "@pulumi/pulumi";
import { wardenPolicyDocument } from "../lib/policies";
import { WARDEN_USER, wardenEnv } from "../lib/wardenEnv";
import type { Identity } from "./identity/identity";
import type { Mlflow } from "./mlflow";
import { password } from "./password";
import type { StoreContext } from "./storage/context";
import type { Storage } from "./storage/storage";
import type { Platform } from "./types";
import { Workload } from "./workload";

export interface WardenArgs {
  readonly platform: Platform;
  readonly identity: Identity;
  readonly store: StoreContext;
  readonly storage: Storage;
  readonly mlflow: Mlflow;
}

/** The service that ends in MLflow and in the object store what Keycloak takes away. */
export class Warden extends pulumi.ComponentResource {
  public constructor(name: string, args: WardenArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-platform:warden:Warden", name, {}, opts);
    const { platform, identity } = args;
    const stored = { ...args.store, parent: this };
    const secret = password(`${name}-store-secret`, this);
    const policy = new minio.IamPolicy(
      `${name}-store-policy`,
      { name: WARDEN_USER, policy: wardenPolicyDocument() },
      stored,
    );
    const user = new minio.IamUser(`${name}-store-user`, { name: WARDEN_USER, secret }, stored);
    const attachment = new minio.IamUserPolicyAttachment(
      `${name}-store-attachment`,
      { userName: user.name, policyName: policy.name },
      stored,
    );
    new Workload(
      name,
      {
        platform,
        service: "warden",
        env: wardenEnv({ realm: identity.realm, issuer: identity.issuer }),
        secrets: { OIDC_CLIENT_SECRET: identity.warden.clientSecret, MINIO_SECRET_KEY: secret },
        // Out of step is ill: whoever is disabled then keeps access. It takes a minute and the retries to be so.
        health: { test: ["warden", "healthy"], startPeriodSeconds: 60 },
        waitTimeoutSeconds: 180,
        memoryMiB: 128,
        cpus: 0.5,
        tmpfs: { "/tmp": "rw,noexec,nosuid,size=1m" },
      },
      {
        parent: this,
        dependsOn: [...identity.warden.ready, ...args.storage.ready, ...args.mlflow.ready, attachment],
      },
    );
    this.registerOutputs({ user: WARDEN_USER });
  }
}
