import Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SITES } from "../../lib/endpoints";
import { realmName } from "../../lib/names";
import { containers, leftovers } from "../helpers/engine";
import { TestStack } from "../helpers/testStack";
import { twoTeams } from "../helpers/stackFile";
import { type Answer, ask } from "../helpers/tls/ask";
import { agrees, served } from "../helpers/tls/handshakes";
import { headerFaults, probes } from "../helpers/tls/surface";
import { testssl } from "../helpers/tls/testssl";

const NAME = "selfsigned";
const DOMAIN = "e2e.mlflow.test";
const HTTP_PORT = 9590;
const HTTPS_PORT = 9593;
const PORT_BASE = 9550;
const MINUTES = 60_000;
const hosts = SITES.map((site) => `${site}.${DOMAIN}`);
const settings = {
  ...twoTeams(PORT_BASE),
  ...{ ingress: "self-signed", domain: DOMAIN, httpPort: HTTP_PORT, httpsPort: HTTPS_PORT },
  bindAddresses: ["127.0.0.1"],
};

let stack: TestStack;

/** The stack's CA. */
function ca(): string {
  return stack.outputs.certificates.ca ?? "";
}

/** A request that must be answered. */
async function answer(...request: Parameters<typeof ask>): Promise<Answer> {
  const answered = await ask(...request);
  if (answered === undefined) throw new Error(`${request[0]} closed the connection`);
  return answered;
}

describe("https with a CA of the stack's own", () => {
  beforeAll(async () => {
    stack = await TestStack.open(NAME, settings);
  }, 10 * MINUTES);
  afterAll(() => stack.remove(), 5 * MINUTES);

  it(
    "comes up, with a certificate for each host that the CA in the outputs has signed",
    async () => {
      await stack.up();
      const names = new Set<string>();
      for (const host of hosts) {
        expect((await answer(`https://${host}:${HTTPS_PORT}/`, { ca: ca() })).status).toBeLessThan(500);
        (await served(HTTPS_PORT, host)).names.forEach((name) => names.add(name));
      }
      expect([...names].sort()).toEqual([...hosts].sort());
      const { healthy, certificates } = await stack.status();
      expect([healthy, certificates.alarms]).toEqual([true, []]);
      expect(certificates.daysLeft).toBeGreaterThan(390);
      expect(await stack.succeeds("preview")).toContain("No changes");
    },
    8 * MINUTES,
  );

  it(
    "does its job, for programs and for a browser",
    async () => {
      expect(await stack.smoke()).toEqual([]);
    },
    5 * MINUTES,
  );

  it("leads every host from http to https", async () => {
    for (const host of hosts) {
      const moved = await answer(`http://${host}:${HTTP_PORT}/a%2Fb?c=d`, { method: "POST" });
      expect([moved.status, moved.headers.location]).toEqual([
        308,
        `https://${host}:${HTTPS_PORT}/a%2Fb?c=d`,
      ]);
      expect(headerFaults(moved, true)).toEqual([]);
    }
    expect(await ask(`http://other.${DOMAIN}:${HTTP_PORT}/`)).toBeUndefined();
  });

  it("refuses unknown names at the handshake, and closes on unknown hosts after it", async () => {
    for (const name of [`other.${DOMAIN}`, DOMAIN, "localhost"]) {
      await expect(served(HTTPS_PORT, name)).rejects.toMatchObject({
        code: "ERR_SSL_TLSV1_UNRECOGNIZED_NAME",
      });
    }
    await expect(served(HTTPS_PORT, "127.0.0.1")).rejects.toMatchObject({
      code: "ERR_SSL_TLSV1_UNRECOGNIZED_NAME",
    });
    const [servername = ""] = hosts;
    const url = `https://${servername}:${HTTPS_PORT}/health`;
    expect(await ask(url, { servername, headers: { Host: servername } })).toMatchObject({ status: 200 });
    expect(await ask(url, { servername, headers: { Host: `other.${DOMAIN}` } })).toBeUndefined();
  });

  it.each(probes(realmName(NAME)))(
    "has its headers on $status of $site",
    async ({ site, path, status, ...request }) => {
      const answered = await answer(`https://${site}.${DOMAIN}:${HTTPS_PORT}${path}`, {
        ca: ca(),
        ...request,
      });
      expect(answered.status).toBe(status);
      expect(headerFaults(answered)).toEqual([]);
    },
  );

  it("has its headers on what is said to plain http on the port of https", async () => {
    const answered = await answer(`http://mlflow.${DOMAIN}:${HTTPS_PORT}/`);
    expect(answered.status).toBe(400);
    expect(headerFaults(answered, true)).toEqual([]);
  });

  it(
    "has its headers on 502, while a service does not run",
    async () => {
      const mlflow = new Docker().getContainer(`mlflow-platform-${NAME}-mlflow`);
      await mlflow.stop();
      try {
        const url = `https://mlflow.${DOMAIN}:${HTTPS_PORT}/health`;
        await expect.poll(async () => (await answer(url)).status, { timeout: 20_000 }).toBe(502);
        expect(headerFaults(await answer(url))).toEqual([]);
      } finally {
        await mlflow.start();
      }
      await expect
        .poll(async () => (await stack.status()).healthy, { timeout: 2 * MINUTES, interval: 1000 })
        .toBe(true);
    },
    4 * MINUTES,
  );

  it("speaks TLS 1.2 and 1.3 with authenticated ciphers only, and offers the hybrid key exchange", async () => {
    const name = hosts[0] ?? "";
    const agreed = (offer: Parameters<typeof agrees>[2]) => agrees(HTTPS_PORT, name, offer);
    expect(await agreed({ version: "TLSv1" })).toBeUndefined();
    expect(await agreed({ version: "TLSv1.1" })).toBeUndefined();
    for (const cipher of ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"]) {
      expect(await agreed({ version: "TLSv1.2", cipher })).toBe(cipher);
    }
    for (const cipher of [
      "ECDHE-ECDSA-AES128-SHA256",
      "ECDHE-ECDSA-AES256-SHA",
      "aNULL",
      "ECDHE-ECDSA-AES128-CCM",
    ]) {
      expect(await agreed({ version: "TLSv1.2", cipher }), cipher).toBeUndefined();
    }
    for (const group of ["X25519MLKEM768", "X25519", "prime256v1"]) {
      expect(await agreed({ version: "TLSv1.3", group }), group).toMatch(/^TLS_(AES|CHACHA20)/);
    }
    for (const group of ["secp521r1", "ffdhe2048"]) {
      expect(await agreed({ version: "TLSv1.3", group }), group).toBeUndefined();
    }
  });

  it(
    "has nothing that testssl.sh finds wrong",
    async () => {
      const report = await testssl(stack.outputs.urls.mlflow, ca(), {
        cert_revocation: "a private CA has neither a CRL nor OCSP; its certificate is replaced instead",
      });
      console.log(`testssl.sh: grade ${report.grade}, ${report.all.length} findings`, report.waived);
      expect(report.bad).toEqual([]);
      expect(report.grade).toMatch(/^A/);
    },
    5 * MINUTES,
  );

  it("gives no container the engine's socket", async () => {
    const shown = await containers(NAME);
    expect(shown.length).toBeGreaterThan(6);
    expect(JSON.stringify(shown)).not.toContain("docker.sock");
  });

  it(
    "replaces its certificate when its generation is raised, and clients notice nothing",
    async () => {
      const [before, known] = [await served(HTTPS_PORT, hosts[0] ?? ""), ca()];
      await stack.up({ certificateGeneration: 2 });
      expect(ca()).toBe(known);
      expect((await served(HTTPS_PORT, hosts[0] ?? "")).serial).not.toBe(before.serial);
      expect((await answer(`${stack.outputs.urls.mlflow}/health`, { ca: known })).status).toBe(200);
    },
    4 * MINUTES,
  );

  it(
    "replaces its CA when that generation is raised",
    async () => {
      const [before, known] = [await served(HTTPS_PORT, hosts[0] ?? ""), ca()];
      await stack.up({ caGeneration: 2 });
      const url = `${stack.outputs.urls.mlflow}/health`;
      const now = await served(HTTPS_PORT, hosts[0] ?? "");
      expect(now.serial).not.toBe(before.serial);
      expect(now.issuer).not.toBe(before.issuer);
      await expect(ask(url, { ca: known })).rejects.toMatchObject({
        code: expect.stringMatching(/SELF_SIGNED|UNABLE_TO_VERIFY|SIGNATURE/) as unknown,
      });
      expect((await answer(url, { ca: ca() })).status).toBe(200);
    },
    4 * MINUTES,
  );

  it(
    "serves a bare address, each site on a port of its own",
    async () => {
      await stack.up({ domain: "127.0.0.1" });
      const { urls, oidc } = stack.outputs;
      expect(urls).toEqual({
        mlflow: `https://127.0.0.1:${HTTPS_PORT}`,
        auth: `https://127.0.0.1:${PORT_BASE + 1}`,
        s3: `https://127.0.0.1:${PORT_BASE + 2}`,
        console: `https://127.0.0.1:${PORT_BASE + 3}`,
      });
      for (const path of [`${urls.mlflow}/health`, `${urls.s3}/minio/health/live`, `${urls.console}/`]) {
        const answered = await answer(path, { ca: ca() });
        expect([answered.status, headerFaults(answered)], path).toEqual([200, []]);
      }
      const discovery = await answer(`${oidc.issuer}/.well-known/openid-configuration`, { ca: ca() });
      expect(JSON.parse(discovery.body)).toMatchObject({ issuer: oidc.issuer });
      expect((await served(HTTPS_PORT, "127.0.0.1")).names).toEqual(["127.0.0.1"]);
      const moved = await answer(`http://127.0.0.1:${HTTP_PORT}/x`);
      expect([moved.status, moved.headers.location]).toEqual([308, `${urls.mlflow}/x`]);
    },
    6 * MINUTES,
  );

  it(
    "leaves nothing behind",
    async () => {
      await stack.succeeds("down", "--delete-data", "--yes");
      expect(await leftovers(NAME)).toEqual([]);
    },
    4 * MINUTES,
  );
});
