import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { checkout } from "../../cli/paths";
import { CATALOGUE, buildContext, imageReference } from "../../images/catalogue";
import { runOnce } from "../helpers/containers";
import { HARDENED, ownTestsImage } from "../helpers/ownTests";

const JOB = join(checkout, buildContext("certbot"));
let image: string;

beforeAll(async () => {
  image = await ownTestsImage("certbot");
}, 600_000);

describe("the certificate job", () => {
  it("passes its own tests, in its own image and without a network", async () => {
    const { exitCode, stdout, stderr } = await runOnce({ Image: image, HostConfig: HARDENED });
    expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
    // Neither skipped nor expected to fail, and none was lost on the way.
    expect(stdout).toMatch(/^\d{3} passed in /m);
  }, 300_000);

  it("holds the Certbot of the catalogue, with the plugin that the job asks for", async () => {
    const { stdout } = await runOnce({
      Image: imageReference("certbot").reference,
      Entrypoint: ["certbot"],
      Cmd: ["plugins", "--config-dir", "/tmp/c", "--work-dir", "/tmp/w", "--logs-dir", "/tmp/l"],
      HostConfig: HARDENED,
    });
    expect(stdout).toContain("* dns-duckdns\n");
    const requirements = readFileSync(join(JOB, "requirements.txt"), "utf8");
    expect(requirements).toContain(`\ncertbot==${CATALOGUE.certbot.version} `);
  });

  it("does not start with a setting that cannot work, and says which", async () => {
    const { exitCode, stderr } = await runOnce({
      Image: imageReference("certbot").reference,
      Env: ["ACME_SERVER=https://ca.test/dir", "ACME_CHALLENGE=http", "CERTIFICATE_NAMES=*.example.org"],
      HostConfig: HARDENED,
    });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("CERTIFICATE_NAMES has *.example.org");
    expect(stderr).not.toContain("Traceback");
  });
});
