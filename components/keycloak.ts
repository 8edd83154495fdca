import * as keycloak from "@pulumi/keycloak";
import * as pulumi from "@pulumi/pulumi";
import { keycloakArgs } from "../lib/keycloakArgs";
import { password } from "./password";
import type { DatabaseService } from "./postgres";
import type { Platform } from "./types";
import { Workload } from "./workload";

export interface KeycloakArgs {
  readonly platform: Platform;
  readonly database: DatabaseService;
}

/** Name of the administrator that the first start makes. */
export const KEYCLOAK_ADMIN = "admin";

/** Keycloak, and the provider that configures it through a loopback port of its own. */
export class Keycloak extends pulumi.ComponentResource {
  public readonly provider: keycloak.Provider;
  /** Address of the loopback port, no trailing slash. */
  public readonly providerUrl: string;
  /** Password of the administrator. Secret. */
  public readonly adminPassword: pulumi.Output<string>;

  public constructor(name: string, args: KeycloakArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-platform:keycloak:Keycloak", name, {}, opts);
    const { platform, database } = args;
    this.adminPassword = password(`${name}-admin`, this);
    // The service itself, not NGINX: no certificate, name or proxy has to be there first.
    this.providerUrl = `http://127.0.0.1:${platform.endpoints.providerPorts.keycloak}`;
    const server = new Workload(
      name,
      {
        platform,
        service: "keycloak",
        command: keycloakArgs(platform.endpoints.urls.auth),
        env: {
          // A third of the limit is left for the JVM's own needs.
          JAVA_OPTS_KC_HEAP: "-XX:InitialRAMPercentage=30 -XX:MaxRAMPercentage=60",
          KC_DB_POOL_MAX_SIZE: "20",
          KC_BOOTSTRAP_ADMIN_USERNAME: KEYCLOAK_ADMIN,
        },
        secrets: { KC_BOOTSTRAP_ADMIN_PASSWORD: this.adminPassword, KC_DB_PASSWORD: database.password },
        health: { test: ["http-ok", "9000", "/health/ready"], startPeriodSeconds: 60 },
        // The first start creates the schema; on two busy cores this was seen to take a minute.
        waitTimeoutSeconds: 300,
        memoryMiB: 1024,
        cpus: 2,
        tmpfs: {
          "/tmp": "rw,nosuid,size=256m",
          "/opt/keycloak/data": "rw,nosuid,size=64m,mode=1777",
        },
        loopbackPorts: { 8080: platform.endpoints.providerPorts.keycloak },
      },
      { parent: this, dependsOn: [database.ready] },
    );
    this.provider = new keycloak.Provider(
      `${name}-provider`,
      {
        url: this.providerUrl,
        clientId: "admin-cli",
        username: KEYCLOAK_ADMIN,
        password: this.adminPassword,
        realm: "master",
        // Otherwise a preview would log in to a server that may not exist yet.
        initialLogin: false,
        // Seconds. After a time-out the object would exist and the next run end in a conflict.
        clientTimeout: 60,
      },
      { parent: this, dependsOn: server.container },
    );
    this.registerOutputs({ url: platform.endpoints.urls.auth });
  }
}
