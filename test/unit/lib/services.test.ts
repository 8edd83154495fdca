import { describe, expect, it } from "vitest";
import { keycloakArgs } from "../../../lib/keycloakArgs";
import { consoleEnv, minioEnv } from "../../../lib/minioEnv";
import { mlflowArgs, mlflowEnv } from "../../../lib/mlflowEnv";
import { pgHba } from "../../../lib/pgHba";
import { postgresArgs } from "../../../lib/postgresArgs";

const realm = "http://keycloak:8080/realms/mlflow-dev";
const discoveryUrl = `${realm}/.well-known/openid-configuration`;
const mlflow = mlflowEnv({
  stack: "dev",
  publicUrl: "http://localhost:8080",
  discoveryUrl,
  issuer: "http://localhost:8081/realms/mlflow-dev",
});
const store = minioEnv(discoveryUrl);
const console_ = consoleEnv({ publicUrl: "http://localhost:8083", internalRealmUrl: realm });

describe.each([
  ["MLflow", mlflow],
  ["MinIO", store],
  ["the console", console_],
])("the environment of %s", (_who, env) => {
  it("holds nothing that is called or looks like a secret", () => {
    const suspicious = /SECRET|PASSWORD|PASSPHRASE|ACCESS_KEY|_URI$|SALT|PRIVATE/;
    // A redirect address is public.
    expect(Object.keys(env).filter((key) => suspicious.test(key) && key !== "OIDC_REDIRECT_URI")).toEqual([]);
    expect(Object.values(env).filter((value) => /:\/\/[^/]*@/.test(value))).toEqual([]);
  });

  it("is text without line breaks, as containers take it", () => {
    for (const [key, value] of Object.entries(env)) {
      expect(key).toMatch(/^[A-Z][A-Z0-9_]*$/);
      expect(value, key).not.toMatch(/\n/);
    }
  });
});

describe("Keycloak's arguments", () => {
  const args = keycloakArgs("http://localhost:8081");

  it("start the optimized image at the public address, reachable by alias inside", () => {
    expect(args.slice(0, 2)).toEqual(["start", "--optimized"]);
    expect(args).toEqual(
      expect.arrayContaining([
        "--hostname=http://localhost:8081",
        "--hostname-backchannel-dynamic=true",
        "--http-enabled=true",
        "--http-port=8080",
        "--proxy-headers=xforwarded",
        "--cache=local",
      ]),
    );
  });

  it("name the database without its password, and every option once", () => {
    expect(args).toContain("--db-url=jdbc:postgresql://postgres:5432/keycloak");
    expect(args.join(" ")).not.toMatch(/password|bootstrap/i);
    const options = args.map((arg) => arg.split("=")[0]);
    expect(new Set(options).size).toBe(options.length);
  });
});

describe("who may connect to Postgres", () => {
  const rules = pgHba()
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(/\s+/));

  it("over the network, only with a password, services only to the database of their own name", () => {
    const network = rules.filter(([type]) => type === "host");
    expect(network).toEqual([
      ["host", "all", "postgres", "all", "scram-sha-256"],
      ["host", "sameuser", "all", "all", "scram-sha-256"],
    ]);
  });

  it("inside the container, only as the superuser's own system user", () => {
    expect(rules.filter(([type]) => type === "local")).toEqual([["local", "all", "postgres", "peer"]]);
  });

  it("never without proof", () => {
    expect(pgHba()).not.toMatch(/\b(trust|password|md5)\b/);
    expect(pgHba().endsWith("\n")).toBe(true);
  });
});

describe("Postgres' arguments", () => {
  const args = postgresArgs();
  const parameters = new Map(
    args.filter((arg) => arg !== "-c").map((arg) => arg.split("=") as [string, string]),
  );

  it("are pairs of -c and name=value, each once", () => {
    expect(args).toHaveLength(parameters.size * 2);
    expect(args.filter((_, index) => index % 2 === 0).every((arg) => arg === "-c")).toBe(true);
  });

  it("use our access rules and scram, and leave values out of the log", () => {
    expect(Object.fromEntries(parameters)).toMatchObject({
      hba_file: "/run/platform/config/pg_hba.conf",
      password_encryption: "scram-sha-256",
      log_min_error_statement: "panic",
      log_parameter_max_length_on_error: "0",
    });
  });

  it("allow the connections of MLflow's processes and Keycloak's pool at their most", () => {
    const size = (name: string): number => Number(mlflow[name]);
    // What its requests hold at once, and what its pools keep idle: three stores of MLflow's, one of the plugin's.
    const inUse = REQUESTS * (RUNS_EACH + ACCOUNTS_EACH);
    const idle = 3 * size("MLFLOW_SQLALCHEMYSTORE_POOL_SIZE") + size("OIDC_DB_POOL_SIZE");
    const workers = 2;
    const parent = 10;
    const keycloak = 20;
    expect(Number(parameters.get("max_connections"))).toBeGreaterThan(
      workers * (inUse + idle) + parent + keycloak,
    );
  });
});

/** Requests that each worker of MLflow serves at once: THREADS and TRANSFERS in images/mlflow/mlflow_platform/threads.py. */
const REQUESTS = 2 + 8;
/** Connections that one of them holds at once, since MLflow opens sessions within sessions. */
const RUNS_EACH = 3;
const ACCOUNTS_EACH = 2;

describe("MLflow's environment", () => {
  it("gives each of a worker's requests all the connections that it holds at once", () => {
    const most = (pool: string): number =>
      Number(mlflow[`${pool}_POOL_SIZE`]) +
      Number(mlflow[pool === "OIDC_DB" ? "OIDC_DB_POOL_MAX_OVERFLOW" : `${pool}_MAX_OVERFLOW`]);
    // Otherwise they could wait for each other for ever; one more is the event loop's own.
    expect(most("MLFLOW_SQLALCHEMYSTORE")).toBeGreaterThan(REQUESTS * RUNS_EACH);
    expect(most("OIDC_DB")).toBeGreaterThan(REQUESTS * ACCOUNTS_EACH);
  });

  it("forgets grants soon enough for one that is taken away to end within 10 seconds", () => {
    const seconds = ["WORKSPACE_CACHE_TTL_SECONDS", "PERMISSION_CACHE_TTL_SECONDS"].map((name) =>
      Number(mlflow[name]),
    );
    expect(Math.min(...seconds)).toBeGreaterThan(0);
    expect(seconds.reduce((sum, one) => sum + one, 0)).toBeLessThan(10);
  });

  it("names the audit service", () => {
    expect(mlflow["AUDIT_URL"]).toBe("http://audit:8091/events");
  });

  it("has one strict provider: without audience, issuer or algorithm a token would be taken from anybody", () => {
    expect(JSON.parse(mlflow["AUTH_PROVIDERS"] ?? "")).toEqual([
      {
        id: "default",
        type: "oidc",
        display_name: "Keycloak",
        discovery_url: discoveryUrl,
        issuer: "http://localhost:8081/realms/mlflow-dev",
        audience: "mlflow-api",
        client_id: "mlflow",
        allowed_algorithms: ["RS256"],
      },
    ]);
  });

  it("says the same in the flat form, to which the plugin falls back", () => {
    expect(mlflow).toMatchObject({
      OIDC_CLIENT_ID: "mlflow",
      OIDC_DISCOVERY_URL: discoveryUrl,
      OIDC_ISSUER: "http://localhost:8081/realms/mlflow-dev",
      OIDC_AUDIENCE: "mlflow-api",
      OIDC_REDIRECT_URI: "http://localhost:8080/callback",
    });
  });

  it("names people by username, lets in two groups, and grants nothing by itself", () => {
    expect(mlflow).toMatchObject({
      OIDC_USERNAME_FIELD: "preferred_username",
      OIDC_GROUPS_ATTRIBUTE: "groups",
      OIDC_GROUP_NAME: "mlflow-users",
      OIDC_ADMIN_GROUP_NAME: "mlflow-admins",
      DEFAULT_MLFLOW_PERMISSION: "NO_PERMISSIONS",
      OIDC_WORKSPACE_REQUIRE_CREATION_CONTEXT: "true",
      OIDC_WORKSPACE_DENY_DEFAULT_CREATION: "true",
    });
    expect(mlflow).not.toHaveProperty("OIDC_TRUST_BEARER_GROUP_CLAIMS");
  });

  it("has workspaces on; jobs, telemetry and the gateway off; MLflow's own page first", () => {
    expect(mlflow).toMatchObject({
      MLFLOW_ENABLE_WORKSPACES: "true",
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false",
      MLFLOW_DISABLE_TELEMETRY: "true",
      MLFLOW_ENABLE_AI_GATEWAY: "false",
      DEFAULT_LANDING_PAGE_IS_PERMISSIONS: "false",
      AUTOMATIC_LOGIN_REDIRECT: "true",
    });
  });

  it("keeps sessions beyond an access token, without a scope that would make them offline ones", () => {
    expect(mlflow["OIDC_USE_REFRESH_TOKEN"]).toBe("true");
    expect(mlflow["OIDC_SCOPE"]).toBe("openid email profile");
    expect(mlflow).toMatchObject({
      SESSION_COOKIE_NAME: "mlflow_session_dev",
      SESSION_COOKIE_SECURE: "true",
    });
  });

  it("writes only where a read-only container can", () => {
    expect(mlflow["HOME"]).toBe("/tmp");
  });
});

describe("MLflow's arguments", () => {
  const args = mlflowArgs({ publicUrl: "http://localhost:9080", providerPort: 9093 });
  const value = (option: string): string | undefined => args[args.indexOf(option) + 1];

  it("answer to the public name, the provider's port, the alias and the health check, nobody else", () => {
    expect(value("--allowed-hosts")?.split(",").sort()).toEqual([
      "127.0.0.1:5000",
      "127.0.0.1:9093",
      "localhost:9080",
      "mlflow:5000",
    ]);
    expect(value("--cors-allowed-origins")).toBe("http://localhost:9080");
  });

  it("load the login plugin, store artifacts in the shared bucket, and hold no address of a database", () => {
    expect(value("--app-name")).toBe("platform");
    expect(value("--artifacts-destination")).toBe("s3://mlflow-artifacts");
    expect(args.join(" ")).not.toMatch(/postgres|backend-store-uri|secret/i);
  });

  it("keep connections open longer than NGINX does, so that none is closed under a request", () => {
    const seconds = Number(/--timeout-keep-alive (\d+)/.exec(value("--uvicorn-opts") ?? "")?.[1]);
    // From images/nginx/nginx-start.
    expect(seconds).toBeGreaterThan(60);
  });
});

describe("MinIO's environment", () => {
  it("takes the realm's tokens by its policy claim, and bounds how long credentials live", () => {
    expect(store).toMatchObject({
      MINIO_IDENTITY_OPENID_CONFIG_URL_KEYCLOAK: discoveryUrl,
      MINIO_IDENTITY_OPENID_CLIENT_ID_KEYCLOAK: "minio",
      MINIO_IDENTITY_OPENID_CLAIM_NAME_KEYCLOAK: "policy",
      MINIO_STS_DURATION: "8h",
    });
    // A role policy would give its rights to whoever has any token of the realm.
    expect(Object.keys(store).filter((key) => key.includes("ROLE_POLICY"))).toEqual([]);
  });

  it("has no built-in console, looks for no update, and clears away unfinished uploads", () => {
    expect(store).toMatchObject({
      MINIO_BROWSER: "off",
      MINIO_UPDATE: "off",
      MINIO_API_STALE_UPLOADS_EXPIRY: "24h",
    });
  });
});

describe("the console's environment", () => {
  it("signs people in through the realm and lets their session end with their credentials", () => {
    expect(console_).toMatchObject({
      CONSOLE_MINIO_SERVER: "http://minio:9000",
      CONSOLE_PORT: "9090",
      CONSOLE_IDP_URL: discoveryUrl,
      CONSOLE_IDP_CLIENT_ID: "minio",
      CONSOLE_IDP_CALLBACK: "http://localhost:8083/oauth_callback",
      CONSOLE_IDP_END_SESSION_ENDPOINT: `${realm}/protocol/openid-connect/logout`,
      CONSOLE_STS_DURATION: store["MINIO_STS_DURATION"],
      CONSOLE_MINIO_REGION: store["MINIO_SITE_REGION"],
      CONSOLE_SECURE_COOKIES: "on",
    });
  });
});
