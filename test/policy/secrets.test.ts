import { describe, expect, it } from "vitest";
import { TYPES } from "../../policy/resource";
import { namesSecret } from "../../policy/rules/secrets/looksSecret";
import { plainText } from "../../policy/rules/secrets/plainText";
import { UNKNOWN } from "../../policy/values";
import { PROD, container, found, resource } from "./fixtures";

const JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P";

describe("plain text that is a secret", () => {
  it.each([
    ["a password", "DB_PASSWORD=hunter2secret"],
    ["one in lower case", "db_password=hunter2secret"],
    ["one in the middle", "MY_PASSWORD_PROD=hunter2secret"],
    ["a token", "GITHUB_TOKEN=abcdefgh"],
    ["a key", "ENCRYPTION_KEY=abcdefgh"],
    ["a secret key", "AWS_SECRET_ACCESS_KEY=abcdefgh"],
    ["a passphrase", "CONSOLE_PBKDF_PASSPHRASE=abcdefgh"],
    ["an address with a password", "DATABASE=postgresql://mlflow:hunter2@postgres/mlflow"],
    ["a parameter", "JDBC=jdbc:postgresql://db/x?user=a&password=b"],
    ["a private key", "CERT=-----BEGIN RSA PRIVATE KEY-----\nMIIE"],
    ["a token by its form", `HINT=${JWT}`],
    ["one inside JSON", 'PROVIDERS=[{"id":"a","client_secret":"abcdefgh"}]'],
    ["a path in name only", "API_TOKEN=/not a path"],
  ])("%s", (_, entry) => {
    const details = found(plainText, container({ envs: ["HOME=/tmp", entry] }));
    expect(details).toHaveLength(1);
    const value = entry.slice(entry.indexOf("=") + 1);
    // What is said goes into logs and comments.
    expect(details.join("\n")).not.toContain(value);
  });

  it.each([
    "TOKEN_SECONDS=300",
    "OIDC_USE_REFRESH_TOKEN=true",
    "SESSION_COOKIE_NAME=mlflow_session_dev",
    "POSTGRES_PASSWORD_FILE=/run/platform/secrets/POSTGRES_PASSWORD",
    "MINIO_ACCESS_KEY=mlflow-warden",
    "OIDC_DISCOVERY_URL=http://keycloak:8080/realms/mlflow-dev/.well-known/openid-configuration",
    "SECRET=",
    "KEYCLOAK_URL=http://keycloak:8080",
    "MONKEY=bananas",
  ])("is not %s", (entry) => {
    expect(found(plainText, container({ envs: [entry] }))).toEqual([]);
  });

  it("is looked for wherever `docker inspect` shows text", () => {
    expect(found(plainText, container({ command: ["serve", "--password=hunter2secret"] }))).toHaveLength(1);
    expect(found(plainText, container({ command: ["serve", "--db-url=postgresql://a:b@c/d"] }))).toHaveLength(
      1,
    );
    expect(found(plainText, container({ entrypoints: [`x ${JWT}`] }))).toHaveLength(1);
    expect(found(plainText, container({ labels: [{ label: "api.token", value: "abcdefgh" }] }))).toHaveLength(
      1,
    );
    expect(
      found(plainText, container({ healthcheck: { tests: ["CMD", "curl", "http://a:b@c/"] } })),
    ).toHaveLength(1);
    const build = { context: "images/x", buildArgs: { NPM_TOKEN: "abcdefgh" } };
    expect(found(plainText, resource(TYPES.image, { build }))).toHaveLength(1);
  });

  it.each([
    [["server", "--password", "hunter2hunter2"]],
    [["sh", "-c", "PGPASSWORD=hunter2hunter2 psql -h db"]],
    [["sh", "-c", "cd /; run --password=hunter2hunter2 && true"]],
    [["sh", "-c", "run --token 'hunter2hunter2'"]],
    [["sh", "-c", 'export DB_PASSWORD="hunter2hunter2"']],
    [["run", "--token=$hunter2hunter2"]],
    [["run", "--token", "$hunter2hunter2"]],
  ])("stands in no command: %j", (command) => {
    for (const props of [
      { command },
      { entrypoints: command },
      { healthcheck: { tests: ["CMD", ...command] } },
    ]) {
      const details = found(plainText, container(props));
      expect(details).toHaveLength(1);
      expect(details.join("\n")).not.toContain("hunter2");
    }
  });

  it.each([
    [["sh", "-c", 'PGPASSWORD="$(cat /run/platform/secrets/PASSWORD)" psql']],
    [["sh", "-c", "run --token $TOKEN --password-file /run/platform/secrets/PASSWORD"]],
    [["run", "--secret-key-env", "--tokens", "--verbose"]],
  ])("is not what a command takes from elsewhere: %j", (command) => {
    expect(found(plainText, container({ command }))).toEqual([]);
  });

  it("stands in no label of a volume or network", () => {
    for (const type of [TYPES.volume, TYPES.network])
      expect(
        found(plainText, resource(type, { labels: [{ label: "api.token", value: "abcdefgh" }] })),
      ).toHaveLength(1);
  });

  it("is what Pulumi has marked, whatever it is called", () => {
    expect(found(plainText, container({ envs: ["A=b"] }, { secrets: ["envs.0"] }))).toHaveLength(1);
    expect(found(plainText, container({ envs: ["A=b"] }, { secrets: ["envs"] }))).toEqual([
      "envs holds something that is marked as a secret",
    ]);
    expect(found(plainText, container({}, { secrets: ["uploads.0.content"] }))).toEqual([]);
  });

  it("is what equals a secret of the stack, also within longer text", () => {
    const stack = { ...PROD, secrets: new Set(["Zq7-generated"]) };
    expect(found(plainText, container({ envs: ["GREETING=hello Zq7-generated"] }), stack)).toEqual([
      "GREETING holds a secret of this stack",
    ]);
    expect(found(plainText, container({ command: ["Zq7-generated"] }), stack)).toHaveLength(1);
  });

  it("is not what nobody knows yet", () => {
    expect(found(plainText, container({ envs: UNKNOWN }))).toEqual([]);
    expect(found(plainText, container({ envs: [UNKNOWN, "DB_PASSWORD=abcdefgh"] }))).toHaveLength(1);
  });

  it("is named in any spelling", () => {
    for (const name of [
      "dbPassword",
      "db-password",
      "DB.PASSWORD",
      "apiKey",
      "PRIVATE_KEY",
      "clientSecret",
    ]) {
      expect([name, namesSecret(name)]).toEqual([name, true]);
    }
    for (const name of ["KEYBOARD", "TOKENIZER", "PASSENGERS", "COMPASS"]) {
      expect([name, namesSecret(name)]).toEqual([name, false]);
    }
  });
});
