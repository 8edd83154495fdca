import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import Docker from "dockerode";
import { describe, expect, it } from "vitest";
import { mlflowEnv } from "../../lib/mlflowEnv";
import { serviceImage } from "../helpers/serviceImage";

/** A build of the image, where it is missing, is most of it. */
const LIMIT_MS = 15 * 60_000;
const FOLDER = join(__dirname, "../mlflow");

/** What the tests of test/mlflow show, each on a server and databases of its own. */
const TESTS = {
  test_tuning: "decides as the plugin does, with less work",
  test_gate: "lets nobody into a workspace without a permission there, and members create",
  test_identity: "says itself who made something",
  test_audit: "tells the audit service what is done and refused",
  test_provisioning: "makes an account whole before anybody asks for it",
  test_accounts: "changes accounts for the warden, as the login would",
  test_threads: "serves several requests at once in each worker",
};

describe("the package mlflow_platform in the image", () => {
  it("has no tests that are not run here", () => {
    const there = readdirSync(FOLDER).filter((file) => /^test_.*\.py$/.test(file));
    expect(there.sort()).toEqual(
      Object.keys(TESTS)
        .map((test) => `${test}.py`)
        .sort(),
    );
  });

  it.each(Object.entries(TESTS))(
    "%s: %s",
    async (test) => {
      const { output, exitCode } = await inImage(test);
      expect(output).toMatch(/^Ran [1-9]\d* tests in /m);
      expect(exitCode, output).toBe(0);
    },
    LIMIT_MS,
  );
});

/** Puts modules that come as an argument where Python finds them, and runs the tests in one of them. */
const RUNNER = `
import json, pathlib, sys, tempfile, unittest
folder = tempfile.mkdtemp()
for name, source in json.loads(sys.argv[2]).items():
    pathlib.Path(folder, name).write_text(source)
sys.path.insert(0, folder)
unittest.main(sys.argv[1], argv=["test"], verbosity=2)
`;

/** Runs one of the tests in the image of this checkout, with the server's settings and databases of its own. */
async function inImage(test: string): Promise<{ readonly output: string; readonly exitCode: number }> {
  const modules = Object.fromEntries(
    ["harness.py", `${test}.py`].map((file) => [file, readFileSync(join(FOLDER, file), "utf8")]),
  );
  const engine = new Docker();
  const env = mlflowEnv({
    stack: "test",
    publicUrl: "http://127.0.0.1:8080",
    discoveryUrl: "http://keycloak.invalid/.well-known/openid-configuration",
    issuer: "http://auth.invalid/realms/test",
  });
  const container = await engine.createContainer({
    Image: await serviceImage("mlflow"),
    Entrypoint: ["python", "-c", RUNNER, test, JSON.stringify(modules)],
    Env: Object.entries({
      ...env,
      SECRET_KEY: "only-for-this-test",
      // The test that needs a collector has one of its own.
      AUDIT_URL: "",
      OIDC_CLIENT_SECRET: "only-for-this-test",
      OIDC_USERS_DB_URI: "sqlite:////tmp/users.db",
      // As `mlflow server` hands its own options to its workers.
      _MLFLOW_SERVER_FILE_STORE: "sqlite:////tmp/mlflow.db",
      _MLFLOW_SERVER_ARTIFACT_ROOT: "/tmp/artifacts",
      _MLFLOW_SERVER_ARTIFACT_DESTINATION: "/tmp/artifacts",
      _MLFLOW_SERVER_SERVE_ARTIFACTS: "true",
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
