import { describe, expect, it } from "vitest";
import { knownSecrets, redaction } from "../../../lib/changes/secrets";
import { namesSecret } from "../../../lib/secretNames";

const redact = redaction(["pw-ABCDEF123456", 'x/y+z?1&2"3', "short"]);

describe("names of secrets", () => {
  it.each([
    "password",
    "clientSecret",
    "POSTGRES_PASSWORD",
    "AWS_SECRET_ACCESS_KEY",
    "apiKey",
    "privateKeyPem",
    "caPrivateKeyPem",
    "passwordWo",
    "token",
    "accessToken",
    "SECRET_KEY",
    "FLASK_KEY",
    "store-secret",
    "sessionKey",
    "initialPassword",
    "MLFLOW_CRYPTO_KEK_PASSPHRASE",
    "CONSOLE_PBKDF_SALT",
    "secret1",
    "credentials",
    "registryAuthToken",
    "PGPASSWORD",
    "PGPASSWORD2",
    "dbpassword",
    "ADMIN_PASS",
    "DB_PW",
    "SSHPASS",
  ])("%s is one", (name) => expect(namesSecret(name)).toBe(true));
  it.each([
    "accessTokenLifespan",
    "tokenUrl",
    "passwordPolicy",
    "clientId",
    "publicKey",
    "PUBLIC_KEY",
    "key",
    "objectKey",
    "certPem",
    "username",
    "revokedTokens.count",
    "secretName",
    "keepers",
    "monkey",
    "CLIENT_SECRET_FILE",
    "resetPasswordAllowed",
    "bypass",
    "PASSENGERS",
  ])("%s is none", (name) => expect(namesSecret(name)).toBe(false));
});

describe("redaction", () => {
  it.each([
    ["a known secret", "pw-ABCDEF123456"],
    ["inside of a text", "http://h/?p=pw-ABCDEF123456&x"],
    ["as JSON", JSON.stringify({ v: 'x/y+z?1&2"3' })],
    ["as JSON in JSON", JSON.stringify(JSON.stringify({ v: 'x/y+z?1&2"3' }))],
    ["in a URL", `?v=${encodeURIComponent('x/y+z?1&2"3')}`],
    ["as base64", Buffer.from('x/y+z?1&2"3').toString("base64")],
    ["as base64 for URLs", Buffer.from('x/y+z?1&2"3').toString("base64url")],
  ])("finds %s", (_, text) => {
    expect(redact(text)).toContain("[secret]");
    for (const secret of ["ABCDEF", "1&2", "eC95K3", "eC95K3o_MSYyIjM"])
      expect(redact(text)).not.toContain(secret);
  });

  it("takes a short secret for one only where it is the whole text", () => {
    expect(redact("short")).toBe("[secret]");
    expect(redact("a short way")).toBe("a short way");
  });

  it.each([
    ["-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----\nrest", "[secret]\nrest"],
    ["x -----BEGIN PRIVATE KEY-----\nMHcCAQEE", "x [secret]"],
    ["t eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln t", "t [secret] t"],
    ["postgresql://mlflow:hunter2@postgres:5432/mlflow", "postgresql://mlflow:[secret]@postgres:5432/mlflow"],
    ["https://ghx0123456789abcdef@git.example/x", "https://[secret]@git.example/x"],
    ["ssh://deployer-of-things@host", "ssh://deployer-of-things@host"],
    ["Authorization: Bearer abcdefgh12345678", "Authorization: Bearer [secret]"],
    ["DB_PASSWORD=hunter2 next", "DB_PASSWORD=[secret] next"],
    ['{"clientSecret":"a b","clientId":"vision-ci"}', '{"clientSecret":[secret],"clientId":"vision-ci"}'],
    ['"{\\"password\\":\\"a b\\",\\"u\\":1}"', '"{\\"password\\":[secret],\\"u\\":1}"'],
    ['{"clientSecret":null,"tokens":[],"n":1}', '{"clientSecret":null,"tokens":[],"n":1}'],
    ['{"credentials":{"password":"a b"}}', '{"credentials":{"password":[secret]}}'],
    ["PASSWORD={abc} next", "PASSWORD=[secret] next"],
    ["token: ghp_012345678901234567890123456789", "token: [secret]"],
  ])("finds by its looks: %s", (text, expected) => expect(redaction()(text)).toBe(expected));

  it.each([
    "TOKEN_URL=http://127.0.0.1:8091/token",
    "password=true",
    "http://127.0.0.1:8080",
    "accessTokenLifespan: 5m",
    "arn:aws:s3:::mlflow-vision/*",
    "sha256:0123456789abcdef",
    "PIP_INDEX_URL=https://pypi.org/simple",
    "NGINX_PORT=8080",
  ])("leaves alone: %s", (text) => expect(redaction()(text)).toBe(text));

  it("bears a thousand secrets", () => {
    const many = Array.from({ length: 1000 }, (_, index) => `secret-number-${index}-of-many`);
    const text = `${many.join(" ")} `.repeat(5);
    const started = performance.now();
    expect(redaction(many)(text)).not.toContain("of-many");
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

const wrapped = (value: unknown): object => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(value),
});

describe("known secrets of a state", () => {
  const known = knownSecrets({
    deployment: {
      resources: [
        { type: "random", outputs: { result: wrapped("generated"), length: 44 } },
        {
          type: "container",
          inputs: {
            uploads: wrapped([
              { file: "/run/secrets/AWS_ACCESS_KEY_ID", content: "mlflow-server" },
              { file: "/run/secrets/AWS_SECRET_ACCESS_KEY", content: "key-of-server" },
              { file: "/run/secrets/STORE_URI", content: "postgresql://mlflow:pw@h/db" },
            ]),
          },
        },
        {
          type: "stack",
          outputs: {
            urls: { mlflow: "http://localhost:8080" },
            credentials: wrapped({
              keycloakAdmin: { username: "admin", password: "admins" },
              users: { vera: "veras", role: "roles-own" },
              serviceAccounts: {
                "vision-ci": { clientId: "vision-ci", clientSecret: "cis", team: "vision", role: "member" },
              },
              flags: [true, 5, "true", "5432", ""],
            }),
          },
        },
      ],
    },
  });
  it("are all that the engine keeps secret, one by one", () => {
    expect([...known].sort()).toEqual([
      "admins",
      "cis",
      "generated",
      "key-of-server",
      "postgresql://mlflow:pw@h/db",
      "roles-own",
      "veras",
    ]);
  });
  it("do not hold the names of accounts: they stay readable", () => {
    for (const text of [
      "vision-ci of team vision",
      "storage-policy-mlflow-server",
      "/run/secrets/STORE_URI",
    ]) {
      expect(redaction(known)(text)).toBe(text);
    }
  });
});
