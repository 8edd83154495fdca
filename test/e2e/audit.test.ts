import { join } from "node:path";
import type Docker from "dockerode";
import { beforeAll, describe, expect, it } from "vitest";
import { caBundle, pipConfig, putText } from "../../cli/bootstrap/artifactsHost";
import { checkout } from "../../cli/paths";
import { buildContext, imageReference } from "../../images/catalogue";
import { contentHash, readContext } from "../../images/contentHash";
import { buildImage } from "../helpers/buildImage";
import { runOnce } from "../helpers/containers";

const TESTS = join(checkout, "test/audit");
const SERVICE = join(checkout, buildContext("audit"));
/** What the stack gives the service, see components/workload.ts. */
const HARDENED: Docker.HostConfig = {
  NetworkMode: "none",
  ReadonlyRootfs: true,
  CapDrop: ["ALL"],
  SecurityOpt: ["no-new-privileges:true"],
  Tmpfs: { "/tmp": "rw,noexec,nosuid,size=64m" },
};

let image: string;

beforeAll(async () => {
  // What `pulumi up` has the bootstrap put there.
  for (const context of [SERVICE, TESTS]) {
    await putText(await caBundle(), join(context, ".artifacts/ca-certificates.crt"));
    await putText(await pipConfig(), join(context, ".artifacts/pip.conf"));
  }
  const base = imageReference("base").reference;
  await buildImage(join(checkout, buildContext("base")), base);
  const service = imageReference("audit");
  await buildImage(SERVICE, service.reference, { BASE: base });
  const hash = contentHash(readContext(TESTS), [`service ${service.contextHash}`]);
  image = `mlflow-platform-test/audit:${hash.slice(0, 12)}`;
  await buildImage(TESTS, image, { IMAGE: service.reference });
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
