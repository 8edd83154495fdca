import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { checkout } from "../../cli/paths";
import { buildContext, imageReference } from "../../images/catalogue";
import { wardenEnv } from "../../lib/wardenEnv";
import { runOnce } from "../helpers/containers";
import { HARDENED, ownTestsImage } from "../helpers/ownTests";

const WARDEN = join(checkout, buildContext("warden"));
let image: string;

beforeAll(async () => {
  image = await ownTestsImage("warden");
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
