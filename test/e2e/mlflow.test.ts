import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import Docker from "dockerode";
import { describe, expect, it } from "vitest";
import { mlflowEnv } from "../../lib/mlflowEnv";
import { serviceImage } from "../helpers/serviceImage";

/** A build of the image, where it is missing, is most of it. */
const LIMIT_MS = 15 * 60_000;

describe("the package mlflow_platform in the image", () => {
  it(
    "decides as the plugin does, with less work",
    async () => {
      const { output, exitCode } = await inImage(
        readFileSync(join(__dirname, "../mlflow/test_tuning.py"), "utf8"),
      );
      expect(output).toMatch(/^Ran [1-9]\d* tests in /m);
      expect(exitCode, output).toBe(0);
    },
    LIMIT_MS,
  );
});

/** Runs a Python program in the image of this checkout, with the server's settings and databases of its own. */
async function inImage(program: string): Promise<{ readonly output: string; readonly exitCode: number }> {
  const engine = new Docker();
  const env = mlflowEnv({
    stack: "test",
    publicUrl: "http://127.0.0.1:8080",
    discoveryUrl: "http://keycloak.invalid/.well-known/openid-configuration",
    issuer: "http://auth.invalid/realms/test",
  });
  const container = await engine.createContainer({
    Image: await serviceImage(engine, "mlflow"),
    Entrypoint: ["python", "-c", program],
    Env: Object.entries({
      ...env,
      SECRET_KEY: "only-for-this-test",
      OIDC_CLIENT_SECRET: "only-for-this-test",
      OIDC_USERS_DB_URI: "sqlite:////tmp/users.db",
      // As `mlflow server` hands its own options to its workers.
      _MLFLOW_SERVER_FILE_STORE: "sqlite:////tmp/mlflow.db",
      _MLFLOW_SERVER_ARTIFACT_ROOT: "/tmp/artifacts",
      MLFLOW_SERVER_ALLOWED_HOSTS: "127.0.0.1",
    }).map(([name, value]) => `${name}=${value}`),
    HostConfig: {
      NetworkMode: "none",
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      Tmpfs: { "/tmp": "rw,size=256m" },
    },
  });
  try {
    const stream = await container.attach({ stream: true, stdout: true, stderr: true });
    const said = new PassThrough();
    engine.modem.demuxStream(stream, said, said);
    stream.on("end", () => said.end());
    await container.start();
    const output = await text(said);
    const { StatusCode: exitCode } = (await container.wait()) as { StatusCode: number };
    return { output, exitCode };
  } finally {
    await container.remove({ force: true, v: true });
  }
}
