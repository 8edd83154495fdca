import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { AUDIT_FOLDER, AUDIT_PORT, auditEnv } from "../lib/auditEnv";
import { INTERNAL_PORT } from "../lib/endpoints";
import { dataVolume } from "./dataVolume";
import type { Identity } from "./identity/identity";
import { MINIO_ROOT } from "./minio";
import { password } from "./password";
import { SERVER_USER } from "./storage/storage";
import type { Platform } from "./types";
import { Workload } from "./workload";

export interface AuditArgs {
  readonly platform: Platform;
  readonly identity: Identity;
  /** Days for which the stream is kept. */
  readonly days: number;
}

/** The service that keeps, as one stream, who did what: it takes events, and pulls those of Keycloak. */
export class Audit extends pulumi.ComponentResource {
  public readonly volume: docker.Volume;
  /** What the object store shows with its entries, so that nobody else can speak for it. Secret. */
  public readonly storeToken: pulumi.Output<string>;

  public constructor(name: string, args: AuditArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-platform:audit:Audit", name, {}, opts);
    const { platform, identity } = args;
    this.volume = dataVolume(`${name}-data`, platform, "audit", this);
    this.storeToken = password(`${name}-store-token`, this);
    new Workload(
      name,
      {
        platform,
        service: "audit",
        env: auditEnv({
          keycloakUrl: `http://keycloak:${INTERNAL_PORT.keycloak}`,
          realm: identity.realm,
          days: args.days,
          storeRoot: MINIO_ROOT,
          storeServer: SERVER_USER,
        }),
        secrets: { KEYCLOAK_CLIENT_SECRET: identity.auditor.clientSecret, MINIO_TOKEN: this.storeToken },
        // Keycloak's absence is no illness of this service: it takes the events of the others, and catches up.
        health: { test: ["http-ok", String(AUDIT_PORT), "/healthz"], startPeriodSeconds: 10 },
        waitTimeoutSeconds: 120,
        memoryMiB: 256,
        cpus: 0.5,
        tmpfs: { "/tmp": "rw,noexec,nosuid,size=16m" },
        volumes: { [AUDIT_FOLDER]: { volume: this.volume } },
      },
      { parent: this, dependsOn: [...identity.auditor.ready] },
    );
    this.registerOutputs({ days: args.days });
  }
}
