import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { findChromium } from "../../../cli/bootstrap/chromium";
import { openWindow, resolverFlags } from "../../../cli/smoke/browser";
import { http } from "../../../cli/smoke/http";
import { listObjects, s3Client } from "../../../cli/smoke/objects";
import { Reach, reachOf } from "../../../cli/smoke/reach";
import { certificatesOf } from "../../../cli/smoke/trustStore";
import { UserError } from "../../../cli/errors";
import { trustedRoots } from "../../../cli/tls/roots";
import { testCa } from "../../helpers/testCa";
import { sampleOutputs } from "./fixtures";
import { DOMAIN, HOSTS, listening, portOf, SecureSite } from "./secureSite";

let site: SecureSite;
beforeAll(async () => {
  site = await SecureSite.start();
});
afterAll(() => site.close());

describe("the way to a platform by https", () => {
  it("trusts the stack's own CA, and leads its names to the given address", async () => {
    const { reach, outputs } = await site.context();
    const answer = await http(`${outputs.urls.auth}/x`, { reach });
    expect(answer).toMatchObject({ status: 200, text: `hello from auth.${DOMAIN}:${site.port}` });
    expect(site.asked.at(-1)).toBe(`auth.${DOMAIN}`);
  });

  it("trusts a CA that the person names besides it, and by plain http none", async () => {
    const other = testCa("Other CA");
    const outputs = site.outputs();
    const { ca: trusted } = await reachOf(outputs, { resolve: "127.0.0.1", ca: other.pem });
    expect(certificatesOf(trusted ?? "")).toHaveLength(2);
    const server = createServer(
      other.issue([`DNS:mlflow.${DOMAIN}`], 2),
      (_, response) => void response.end(),
    );
    await listening(server);
    const reach = await reachOf(outputs, { resolve: "127.0.0.1", ca: other.pem });
    expect((await http(`https://mlflow.${DOMAIN}:${portOf(server)}`, { reach })).status).toBe(200);
    expect((await http(outputs.urls.mlflow, { reach })).status).toBe(200);
    expect((await reachOf(sampleOutputs(), { ca: other.pem })).ca).toBeUndefined();
    server.close();
    other.remove();
  });

  it("is the same for the S3 client", async () => {
    const { reach, outputs } = await site.context();
    const client = s3Client(outputs.urls.s3, "us-east-1", { accessKey: "a", secretKey: "b" }, reach);
    const objects = await listObjects(client, { bucket: "bucket", prefix: "" });
    expect(objects.map(({ key }) => key)).toEqual(["a"]);
    expect(site.asked.at(-1)).toBe(`s3.${DOMAIN}`);
  });

  it("says what to do where the CA is not known", async () => {
    const { outputs } = await site.context();
    const reach = new Reach(Object.values(outputs.urls), { resolve: "127.0.0.1" });
    await expect(http(outputs.urls.mlflow, { reach })).rejects.toThrow(
      /no CA that is trusted here has signed its certificate .*npm run smoke -- --ca FILE/,
    );
  });

  it("refuses a certificate of another name, whatever CA signed it", async () => {
    const outputs = site.outputs();
    outputs.urls.mlflow = outputs.urls.mlflow.replace("mlflow", "other");
    const { reach } = await site.context(outputs);
    await expect(http(outputs.urls.mlflow, { reach })).rejects.toThrow(
      /does not match certificate's altnames/,
    );
  });

  it("trusts what Node and the system trust as well", () => {
    const trusted = new Set(trustedRoots());
    const others = [...tls.rootCertificates, ...tls.getCACertificates("system")];
    expect(others.filter((certificate) => !trusted.has(certificate))).toEqual([]);
  });

  it("leaves other names to the system", async () => {
    const plain = createHttpServer((_, response) => void response.end("loopback"));
    await listening(plain);
    const { reach } = await site.context(site.outputs(), "192.0.2.1");
    const answer = await http(`http://localhost:${portOf(plain)}`, { reach });
    expect(answer.text).toBe("loopback");
    plain.close();
  });

  it("names the names that lead nowhere, and the next command, before anything is tried", async () => {
    const failure = await reachOf(site.outputs(), {}).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UserError);
    const { message, next } = failure as UserError;
    expect(message).toBe(
      `This machine does not know the names ${HOSTS.join(", ")}, so nothing of stack dev can be reached.`,
    );
    expect(next).toContain("npm run smoke -- --stack dev --resolve 127.0.0.1\n");
    expect(next).toContain(`    127.0.0.1  ${HOSTS.join(" ")}\n`);
  });

  it("proposes the address that the stack is published on", async () => {
    const outputs = site.outputs(443, {
      settings: { ...sampleOutputs().settings, bindAddresses: ["192.0.2.7"] },
    });
    await expect(reachOf(outputs, {})).rejects.toMatchObject({
      next: expect.stringContaining("--resolve 192.0.2.7") as string,
    });
  });

  it.each(["localhost", "300.1.1.1", ""])("refuses --resolve %j, which is no address", async (resolve) => {
    await expect(reachOf(site.outputs(), { resolve })).rejects.toMatchObject({ exitCode: 2 });
  });

  it("refuses --resolve for a stack without names", async () => {
    const outputs = site.outputs();
    for (const key of ["mlflow", "auth", "s3", "console"] as const) outputs.urls[key] = "https://192.0.2.1";
    await expect(reachOf(outputs, { resolve: "127.0.0.1" })).rejects.toMatchObject({ exitCode: 2 });
    expect((await reachOf(outputs, {})).hosts.size).toBe(0);
  });

  it("gives Chromium the same names, IPv6 in brackets", () => {
    const hosts = new Map([
      ["a.example", "127.0.0.1"],
      ["b.example", "::1"],
    ]);
    expect(resolverFlags({ hosts })).toEqual([
      "--host-resolver-rules=MAP a.example 127.0.0.1,MAP b.example [::1]",
    ]);
    expect(resolverFlags({ hosts: new Map() })).toEqual([]);
  });

  it("is the same for Chromium, which truly trusts the CA and forgets it at the end", async () => {
    const base = await site.context();
    const context = { ...base, chromium: findChromium() ?? "chromium" };
    const temporary = mkdtempSync(join(tmpdir(), "smoke-test-"));
    vi.stubEnv("TMPDIR", temporary);
    const homes = (): string[] => readdirSync(temporary).filter((name) => name.includes("-browser-"));
    const page = await openWindow(context);
    await page.goto(context.outputs.urls.mlflow);
    expect(await page.textContent("body")).toBe(`hello from mlflow.${DOMAIN}:${site.port}`);
    expect(homes()).toHaveLength(1);
    await context.cleanup.run();
    expect(homes()).toEqual([]);
    const stranger = {
      ...context,
      reach: new Reach(Object.values(context.outputs.urls), { resolve: "127.0.0.1" }),
    };
    const other = await openWindow(stranger);
    await expect(other.goto(stranger.outputs.urls.mlflow)).rejects.toThrow("ERR_CERT_AUTHORITY_INVALID");
    await stranger.cleanup.run();
    vi.unstubAllEnvs();
    rmSync(temporary, { recursive: true });
  }, 60_000);
});
