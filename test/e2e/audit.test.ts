import { beforeAll, describe, expect, it } from "vitest";
import { imageReference } from "../../images/catalogue";
import { runOnce } from "../helpers/containers";
import { HARDENED, ownTestsImage } from "../helpers/ownTests";

let image: string;

beforeAll(async () => {
  image = await ownTestsImage("audit");
}, 600_000);

describe("the audit service", () => {
  it("passes its own tests, in its own image and without a network", async () => {
    const { exitCode, stdout, stderr } = await runOnce({ Image: image, HostConfig: HARDENED });
    expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
    // Neither skipped nor expected to fail, and none was lost on the way.
    expect(stdout).toMatch(/^\d{3} passed in /m);
  }, 300_000);

  it("does not start without its secrets, and says which is missing", async () => {
    const { exitCode, stderr } = await runOnce({
      Image: imageReference("audit").reference,
      Env: ["KEYCLOAK_URL=http://keycloak:8080", "KEYCLOAK_REALM=r", "KEYCLOAK_CLIENT_ID=c"],
      HostConfig: HARDENED,
    });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("KEYCLOAK_CLIENT_SECRET cannot be read");
    expect(stderr).not.toContain("Traceback");
  });
});
