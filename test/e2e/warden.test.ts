import { readFileSync } from "node:fs";
import { join } from "node:path";
import type Docker from "dockerode";
import { beforeAll, describe, expect, it } from "vitest";
import { caBundle, pipConfig, putText } from "../../cli/bootstrap/artifactsHost";
import { checkout } from "../../cli/paths";
import { buildContext, imageReference } from "../../images/catalogue";
import { contentHash, readContext } from "../../images/contentHash";
import { wardenEnv } from "../../lib/wardenEnv";
import { buildImage } from "../helpers/buildImage";
import { runOnce } from "../helpers/containers";

const TESTS = join(checkout, "test/warden");
const WARDEN = join(checkout, buildContext("warden"));
/** What the stack gives it, see components/workload.ts. */
const HARDENED: Docker.HostConfig = {
  NetworkMode: "none",
  ReadonlyRootfs: true,
  CapDrop: ["ALL"],
  SecurityOpt: ["no-new-privileges:true"],
  Tmpfs: { "/tmp": "rw,noexec,nosuid,size=16m" },
};

let image: string;

beforeAll(async () => {
  // What `pulumi up` has the bootstrap put there.
  for (const context of [WARDEN, TESTS]) {
    await putText(await caBundle(), join(context, ".artifacts/ca-certificates.crt"));
    await putText(await pipConfig(), join(context, ".artifacts/pip.conf"));
  }
  const base = imageReference("base").reference;
  await buildImage(join(checkout, buildContext("base")), base);
  const warden = imageReference("warden");
  await buildImage(WARDEN, warden.reference, { BASE: base });
  const hash = contentHash(readContext(TESTS), [`warden ${warden.contextHash}`]);
  image = `mlflow-platform-test/warden:${hash.slice(0, 12)}`;
  await buildImage(TESTS, image, { IMAGE: warden.reference });
}, 600_000);

describe("the warden", () => {
  it("passes its own tests, in its own image and without a network", async () => {
    const { exitCode, stdout, stderr } = await runOnce({ Image: image, HostConfig: HARDENED });
    expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
    // Neither skipped nor expected to fail, and none was lost on the way.
    expect(stdout).toMatch(/^\d{2,3} passed in /m);
  }, 300_000);

  it("knows every setting of its environment, and does not start without one of them", async () => {
    const env = wardenEnv({ realm: "mlflow-dev", issuer: "http://localhost:8081/realms/mlflow-dev" });
    const code = readFileSync(join(WARDEN, "warden/settings.py"), "utf8");
    for (const name of Object.keys(env)) expect(code).toContain(`(env, "${name}")`);
    const { KEYCLOAK_REALM, ...rest } = env;
    expect(KEYCLOAK_REALM).toBe("mlflow-dev");
    const { exitCode, stderr } = await runOnce({
      Image: imageReference("warden").reference,
      Env: Object.entries(rest).map(([name, value]) => `${name}=${value}`),
      HostConfig: HARDENED,
    });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("KEYCLOAK_REALM is not set");
    expect(stderr).not.toContain("Traceback");
  });
});
