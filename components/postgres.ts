import type * as docker from "@pulumi/docker";
import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import { pgHba } from "../lib/pgHba";
import { postgresArgs } from "../lib/postgresArgs";
import { dataVolume } from "./dataVolume";
import { password } from "./password";
import type { Platform } from "./types";
import { Workload } from "./workload";

/** Databases, each with a role of its own name that owns it and reaches no other. */
export const DATABASES = ["keycloak", "mlflow", "mlflow_auth"] as const;
export type DatabaseName = (typeof DATABASES)[number];

/** A database as a service needs it. */
export interface DatabaseService {
  /** Name of the database and of the role that owns it. */
  readonly name: DatabaseName;
  readonly password: pulumi.Output<string>;
  /** Address with the password, for SQLAlchemy: `postgresql+psycopg://…`. Secret. */
  readonly sqlalchemyUrl: pulumi.Output<string>;
  /** Exists once the database can be used. */
  readonly ready: pulumi.Resource;
}

export interface PostgresArgs {
  readonly platform: Platform;
}

/** Postgres 17 with one database and one role per service. */
export class Postgres extends pulumi.ComponentResource {
  public readonly volume: docker.Volume;
  public readonly databases: Readonly<Record<DatabaseName, DatabaseService>>;
  /** The superuser's password, for the provider alone. Secret. */
  public readonly superuserPassword: pulumi.Output<string>;

  public constructor(name: string, args: PostgresArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-platform:postgres:Postgres", name, {}, opts);
    const { platform } = args;
    this.volume = dataVolume(`${name}-data`, platform, "postgres", this);
    this.superuserPassword = password(`${name}-superuser`, this);
    const server = new Workload(
      name,
      {
        platform,
        service: "postgres",
        command: postgresArgs(),
        secrets: { POSTGRES_PASSWORD: this.superuserPassword },
        config: { "pg_hba.conf": pgHba() },
        // By address: while initdb runs, a temporary server answers on the socket.
        health: { test: ["pg_isready", "-q", "-h", "127.0.0.1", "-U", "postgres"], startPeriodSeconds: 5 },
        waitTimeoutSeconds: 180,
        memoryMiB: 768,
        cpus: 2,
        tmpfs: {
          "/tmp": "rw,noexec,nosuid,size=64m",
          "/var/run/postgresql": "rw,noexec,nosuid,size=1m,mode=1777",
        },
        volumes: { "/var/lib/postgresql/data": { volume: this.volume } },
        loopbackPorts: { 5432: platform.endpoints.providerPorts.postgres },
      },
      { parent: this },
    );
    const provider = new postgresql.Provider(
      `${name}-provider`,
      {
        host: "127.0.0.1",
        port: platform.endpoints.providerPorts.postgres,
        username: "postgres",
        password: this.superuserPassword,
        sslmode: "disable",
        superuser: true,
        connectTimeout: 30,
        // Spares the provider a connection at configuration time.
        expectedVersion: "17.0.0",
      },
      { parent: this, dependsOn: server.container },
    );
    this.databases = Object.fromEntries(
      DATABASES.map((database) => [database, this.database(name, database, provider)]),
    ) as Record<DatabaseName, DatabaseService>;
    this.registerOutputs({ databases: DATABASES });
  }

  private database(name: string, database: DatabaseName, provider: postgresql.Provider): DatabaseService {
    const slug = database.replace("_", "-");
    const secret = password(`${name}-${slug}-password`, this);
    const options = { parent: this, provider, deletedWith: this.volume };
    const role = new postgresql.Role(
      `${name}-${slug}-role`,
      { name: database, login: true, password: secret },
      options,
    );
    const ready = new postgresql.Database(
      `${name}-${slug}-database`,
      { name: database, owner: role.name, encoding: "UTF8", template: "template0" },
      options,
    );
    return {
      name: database,
      password: secret,
      sqlalchemyUrl: pulumi.interpolate`postgresql+psycopg://${database}:${secret}@postgres:5432/${database}`,
      ready,
    };
  }
}
