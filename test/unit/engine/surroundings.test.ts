import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { secretsOfEnvironment, suiteEnvironment } from "../../../cli/engine/surroundings";

describe("the environment of suites", () => {
  it("holds nothing that leads to a backend, a cloud, a repository or an agent, and no secret", () => {
    const kept = suiteEnvironment("/state", {
      PATH: "/bin",
      HOME: "/home/me",
      LANG: "C",
      DOCKER_HOST: "ssh://prod",
      MLFLOW_PLATFORM_CACHE_DIR: "/cache",
      MLFLOW_PLATFORM_CONFIG_DIR: "/config",
      MLFLOW_PLATFORM_STATE_DIR: "/real",
      PULUMI_BACKEND_URL: "s3://prod",
      PULUMI_CONFIG_PASSPHRASE: "p",
      PULUMI_CONFIG_PASSPHRASE_FILE: "/p",
      PULUMI_ACCESS_TOKEN: "t",
      AWS_ACCESS_KEY_ID: "i",
      AWS_SECRET_ACCESS_KEY: "s",
      GITHUB_TOKEN: "g",
      GH_TOKEN: "g",
      ACTIONS_RUNTIME_TOKEN: "a",
      GOOGLE_CREDENTIALS: "c",
      DUCKDNS_TOKEN: "d",
      SSH_AUTH_SOCK: "/agent",
    });
    expect(kept).toEqual({
      PATH: "/bin",
      HOME: "/home/me",
      LANG: "C",
      MLFLOW_PLATFORM_CACHE_DIR: "/cache",
      MLFLOW_PLATFORM_STATE_DIR: "/state",
    });
  });
});

describe("secrets of the environment", () => {
  it("are known, those in files too, so that none is shown", () => {
    const folder = mkdtempSync(join(tmpdir(), "mlflow-platform-secrets-"));
    const file = join(folder, "passphrase");
    writeFileSync(file, "from the file\n");
    try {
      const found = secretsOfEnvironment({
        PATH: "/bin",
        PULUMI_CONFIG_PASSPHRASE_FILE: file,
        PULUMI_ACCESS_TOKEN: "the token",
        AWS_SECRET_ACCESS_KEY: "the key",
        PULUMI_BACKEND_URL: "postgres://user:of-the-address@host/db",
      });
      expect(found.sort()).toEqual(["from the file", "of-the-address", "the key", "the token"]);
      expect(secretsOfEnvironment({ PATH: "/bin" })).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
