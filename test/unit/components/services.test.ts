import { beforeAll, describe, expect, it } from "vitest";
import { deploy } from "../../../components/platform";
import { CATALOGUE, type ImageName } from "../../../images/catalogue";
import { nginxConfig } from "../../../lib/nginx/config";
import { httpEndpoints } from "../../../lib/endpoints";
import { servicesOf } from "../../../lib/services";
import { record } from "../../helpers/harness";
import type { Properties, Recording } from "../../helpers/recording";
import { generated, opened } from "../../helpers/secrets";
import { sampleSettings } from "../../helpers/settings";

let dev: Recording;

beforeAll(async () => {
  dev = await record(() => deploy(sampleSettings()));
});

/** What a service finds in its files, by path below /run/platform. */
function files(service: string): Record<string, string> {
  const uploads = opened(dev.get("Container", `${service}-files`).inputs["uploads"]);
  return Object.fromEntries(
    (uploads as { file: string; content: string }[]).map(({ file, content }) => [
      file.replace("/run/platform/", ""),
      content,
    ]),
  );
}

const container = (service: string): Properties => dev.get("Container", `${service}-container`).inputs;
/** A provider's inputs; all but text are written as JSON. */
const provider = (plugin: string, name: string): Properties =>
  opened(dev.get(`provider:${plugin}`, name).inputs) as Properties;

describe("the engine's provider", () => {
  it("uses the local socket, or the Docker host of the settings", async () => {
    expect(provider("docker", "docker")).not.toHaveProperty("host");
    const remote = await record(() => deploy(sampleSettings({ dockerHost: "ssh://me@there" })));
    expect(remote.get("provider:docker", "docker").inputs).toMatchObject({ host: "ssh://me@there" });
    expect(remote.stackOutputs["settings"]).toMatchObject({ dockerHost: "ssh://me@there" });
  });
});

describe("images", () => {
  const image = (name: string): Properties => dev.get("RemoteImage", `images-${name}`).inputs;

  it("are built by the engine itself on the base image, and built again when their content changes", () => {
    expect(image("mlflow")).toMatchObject({
      name: expect.stringMatching(/^mlflow-platform-dev\/mlflow:3\.17\.2-[0-9a-f]{12}$/) as unknown,
      build: {
        context: "images/mlflow",
        dockerfile: "Dockerfile",
        buildArgs: { BASE: image("python")["name"] },
        useLegacyBuilder: true,
      },
      triggers: { content: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown },
      keepLocally: true,
    });
    expect((image("python")["build"] as Properties)["buildArgs"]).toEqual({ BASE: image("base")["name"] });
    expect((image("base")["build"] as Properties)["buildArgs"]).toEqual({});
  });

  it("may take an hour, more than the provider allows by itself", () => {
    expect(new Set(dev.ofType("RemoteImage").map(({ createTimeout }) => createTimeout))).toEqual(
      new Set(["60m"]),
    );
  });

  it("wait for the image that they stand on", () => {
    const images = dev.ofType("RemoteImage");
    expect(images).toHaveLength(servicesOf("http").length + ["base", "python"].length);
    const early = images.filter(({ name }) => {
      const { from } = CATALOGUE[name.replace("images-", "") as ImageName];
      return (
        from !== undefined &&
        !dev.isAfter(dev.get("RemoteImage", name), dev.get("RemoteImage", `images-${from}`))
      );
    });
    expect(early).toEqual([]);
  });

  it("need no base image when all are one's own", async () => {
    const own = `registry.example/x:1@sha256:${"b".repeat(64)}`;
    const services = servicesOf("http");
    const images = Object.fromEntries(services.map((service) => [service, own]));
    const recording = await record(() => deploy(sampleSettings({ images })));
    expect(recording.ofType("RemoteImage").map(({ name }) => name)).toEqual(
      services.map((service) => `images-${service}`),
    );
  });
});

describe("Postgres", () => {
  it("is configured as superuser through its loopback port, without a connection at preview", () => {
    expect(provider("postgresql", "postgres-provider")).toMatchObject({
      host: "127.0.0.1",
      port: "8090",
      username: "postgres",
      password: generated("postgres-superuser"),
      sslmode: "disable",
      expectedVersion: "17.0.0",
    });
  });

  it.each(["keycloak", "mlflow", "mlflow_auth"])("gives %s a database and a role of its own", (database) => {
    const slug = `postgres-${database.replace("_", "-")}`;
    expect(opened(dev.get("Role", `${slug}-role`).inputs)).toEqual({
      name: database,
      login: true,
      password: generated(`${slug}-password`),
    });
    expect(dev.get("Database", `${slug}-database`).inputs).toEqual({
      name: database,
      owner: database,
      encoding: "UTF8",
      template: "template0",
    });
  });

  it("gets its password and its access rules as files, and keeps its data in the volume", () => {
    expect(Object.keys(files("postgres"))).toEqual(["secrets/POSTGRES_PASSWORD", "config/pg_hba.conf"]);
    expect(container("postgres")["volumes"]).toContainEqual({
      containerPath: "/var/lib/postgresql/data",
      volumeName: "mlflow-platform-dev-postgres-data",
    });
    // By address, since a temporary server answers on the socket while the database is made.
    expect(container("postgres")["healthcheck"]).toMatchObject({
      tests: ["CMD", "pg_isready", "-q", "-h", "127.0.0.1", "-U", "postgres"],
    });
  });
});

describe("Keycloak", () => {
  it("is configured directly, never through NGINX, and not logged in to at preview", () => {
    expect(provider("keycloak", "keycloak-provider")).toMatchObject({
      url: "http://127.0.0.1:8091",
      clientId: "admin-cli",
      username: "admin",
      password: generated("keycloak-admin"),
      realm: "master",
      initialLogin: "false",
      clientTimeout: "60",
    });
  });

  it("knows its database's password and its administrator's from files", () => {
    expect(files("keycloak")).toEqual({
      "secrets/KC_BOOTSTRAP_ADMIN_PASSWORD": generated("keycloak-admin"),
      "secrets/KC_DB_PASSWORD": generated("postgres-keycloak-password"),
    });
    expect(container("keycloak")["envs"]).toContain("KC_BOOTSTRAP_ADMIN_USERNAME=admin");
  });

  it("is ready when its management port says so, and may take minutes for its first start", () => {
    expect(container("keycloak")).toMatchObject({
      healthcheck: { tests: ["CMD", "http-ok", "9000", "/health/ready"] },
      waitTimeout: 300,
    });
  });
});

describe("MinIO and its console", () => {
  it("is configured by the root key through its loopback port", () => {
    expect(provider("minio", "minio-provider")).toMatchObject({
      minioServer: "127.0.0.1:8092",
      minioUser: "platform-root",
      minioPassword: generated("minio-root"),
      minioSsl: "false",
    });
  });

  it("share the client's secret with Keycloak, by file", () => {
    const secret = generated("identity-clients-minio-secret");
    expect(files("minio")).toEqual({
      "secrets/MINIO_AUDIT_WEBHOOK_AUTH_TOKEN_AUDIT": generated("audit-store-token"),
      "secrets/MINIO_IDENTITY_OPENID_CLIENT_SECRET_KEYCLOAK": secret,
      "secrets/MINIO_ROOT_PASSWORD": generated("minio-root"),
    });
    expect(files("console")).toEqual({
      "secrets/CONSOLE_IDP_SECRET": secret,
      "secrets/CONSOLE_PBKDF_PASSPHRASE": generated("console-passphrase"),
      "secrets/CONSOLE_PBKDF_SALT": generated("console-salt"),
    });
  });

  it("keep objects in the volume; the console keeps nothing and publishes nothing", () => {
    expect(container("minio")["volumes"]).toContainEqual({
      containerPath: "/data",
      volumeName: "mlflow-platform-dev-minio-data",
    });
    expect(container("console")["volumes"]).toEqual([{ fromContainer: "id-of-console-files" }]);
    expect(container("console")["ports"]).toEqual([]);
  });

  it("are healthy only when sign-in is possible: the console must offer the redirect", () => {
    expect(container("console")["healthcheck"]).toMatchObject({
      tests: ["CMD", "http-ok", "9090", "/api/v1/login", "redirect"],
    });
    expect(
      dev.isAfter(dev.get("Container", "console-container"), dev.get("Container", "minio-container")),
    ).toBe(true);
  });
});

describe("MLflow", () => {
  it("gets every secret by file, its own limited key among them", () => {
    expect(files("mlflow")).toEqual({
      "secrets/AWS_ACCESS_KEY_ID": "mlflow-server",
      "secrets/AWS_SECRET_ACCESS_KEY": generated("storage-server-secret"),
      "secrets/MLFLOW_BACKEND_STORE_URI": `postgresql+psycopg://mlflow:${generated("postgres-mlflow-password")}@postgres:5432/mlflow`,
      "secrets/MLFLOW_CRYPTO_KEK_PASSPHRASE": generated("mlflow-kek-passphrase"),
      "secrets/OIDC_CLIENT_SECRET": generated("identity-clients-mlflow-secret"),
      "secrets/OIDC_USERS_DB_URI": `postgresql+psycopg://mlflow_auth:${generated("postgres-mlflow-auth-password")}@postgres:5432/mlflow_auth`,
      "secrets/SECRET_KEY": generated("mlflow-session-key"),
    });
  });

  it("expects tokens of the realm's public issuer, and asks Keycloak inside the network", () => {
    expect(container("mlflow")["envs"]).toEqual(
      expect.arrayContaining([
        "OIDC_ISSUER=http://localhost:8081/realms/mlflow-dev",
        "OIDC_DISCOVERY_URL=http://keycloak:8080/realms/mlflow-dev/.well-known/openid-configuration",
      ]),
    );
  });
});

describe("NGINX", () => {
  it("serves the configuration that is built for the stack, and knows where the services are", () => {
    const endpoints = httpEndpoints(8080);
    expect(files("nginx")).toEqual({ "config/nginx.conf": nginxConfig({ endpoints, realm: "mlflow-dev" }) });
    expect(container("nginx")["envs"]).toEqual([
      "UPSTREAMS=console=console:9090 keycloak=keycloak:8080 minio=minio:9000 mlflow=mlflow:5000",
    ]);
  });
});
