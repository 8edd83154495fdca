import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Server } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import tls from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findCertutil, findChromium } from "../../../cli/bootstrap/chromium";
import { openWindow, resolverFlags } from "../../../cli/smoke/browser";
import { CHECKS, checksFor } from "../../../cli/smoke/checks";
import {
  certificateValid,
  httpRedirects,
  strictTransport,
  unknownNameRefused,
} from "../../../cli/smoke/checks/https";
import type { SmokeContext } from "../../../cli/smoke/context";
import { http } from "../../../cli/smoke/http";
import { listObjects, s3Client } from "../../../cli/smoke/objects";
import type { StackOutputs } from "../../../cli/smoke/outputs";
import { Reach, reachOf } from "../../../cli/smoke/reach";
import { certificatesOf } from "../../../cli/smoke/trustStore";
import { UserError } from "../../../cli/errors";
import { trustedRoots } from "../../../cli/tls/roots";
import { testCa, type TestCa } from "../../helpers/testCa";
import { sampleContext, sampleOutputs } from "./fixtures";

const DOMAIN = "smoke-test.invalid";
const HOSTS = ["mlflow", "auth", "s3", "console"].map((site) => `${site}.${DOMAIN}`);
/** What NGINX sends to a foreign name: a fatal alert, unrecognized_name. */
const UNRECOGNIZED_NAME = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x70]);

let ca: TestCa;
let site: Server;
/** Names that the server was asked for, in order. */
const asked: string[] = [];

beforeAll(async () => {
  ca = testCa();
  const pair = ca.issue(
    [...HOSTS, "smoke-unknown.smoke-test.invalid"].map((host) => `DNS:${host}`),
    2,
  );
  site = createServer(pair, (request, response) => {
    if (request.headers.host?.startsWith("s3.")) {
      response.setHeader("Content-Type", "application/xml");
      response.end("<ListBucketResult><Contents><Key>a</Key><Size>3</Size></Contents></ListBucketResult>");
      return;
    }
    response.setHeader("Strict-Transport-Security", "max-age=63072000");
    response.end(`hello from ${request.headers.host ?? ""}`);
  });
  site.on("secureConnection", ({ servername }) => asked.push(String(servername)));
  await listening(site);
});

afterAll(() => {
  site.close();
  ca.remove();
});

/** Home folders of browsers that are there. */
function homes(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith("mlflow-platform-browser-"));
}

function listening(server: { listen(port: number, host: string, done: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => void server.listen(0, "127.0.0.1", resolve));
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port;
}

/** Outputs of a self-signed stack whose NGINX listens here. */
function secureOutputs(port = portOf(site), changed: Partial<StackOutputs> = {}): StackOutputs {
  const url = (name: string): string => `https://${name}.${DOMAIN}:${port}`;
  return {
    ...sampleOutputs(),
    urls: { mlflow: url("mlflow"), auth: url("auth"), s3: url("s3"), console: url("console") },
    certificates: { mode: "self-signed", ca: ca.pem },
    ...changed,
  };
}

async function secureContext(outputs = secureOutputs(), resolve = "127.0.0.1"): Promise<SmokeContext> {
  return { ...sampleContext(), outputs, reach: await reachOf(outputs, { resolve }) };
}

describe("the way to a platform by https", () => {
  it("trusts the stack's own CA, and leads its names to the given address", async () => {
    const { reach, outputs } = await secureContext();
    const answer = await http(`${outputs.urls.auth}/x`, { reach });
    expect(answer).toMatchObject({ status: 200, text: `hello from auth.${DOMAIN}:${portOf(site)}` });
    expect(asked.at(-1)).toBe(`auth.${DOMAIN}`);
  });

  it("trusts a CA that the person names besides it, and by plain http none", async () => {
    const other = testCa("Other CA");
    const outputs = secureOutputs();
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
    const { reach, outputs } = await secureContext();
    const client = s3Client(outputs.urls.s3, "us-east-1", { accessKey: "a", secretKey: "b" }, reach);
    const objects = await listObjects(client, { bucket: "bucket", prefix: "" });
    expect(objects.map(({ key }) => key)).toEqual(["a"]);
    expect(asked.at(-1)).toBe(`s3.${DOMAIN}`);
  });

  it("says what to do where the CA is not known", async () => {
    const { outputs } = await secureContext();
    const reach = new Reach(Object.values(outputs.urls), { resolve: "127.0.0.1" });
    await expect(http(outputs.urls.mlflow, { reach })).rejects.toThrow(
      /no CA that is trusted here has signed its certificate .*npm run smoke -- --ca FILE/,
    );
  });

  it("refuses a certificate of another name, whatever CA signed it", async () => {
    const outputs = secureOutputs();
    outputs.urls.mlflow = outputs.urls.mlflow.replace("mlflow", "other");
    const { reach } = await secureContext(outputs);
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
    const { reach } = await secureContext(secureOutputs(), "192.0.2.1");
    const answer = await http(`http://localhost:${portOf(plain)}`, { reach });
    expect(answer.text).toBe("loopback");
    plain.close();
  });

  it("names the names that lead nowhere, and the next command, before anything is tried", async () => {
    const failure = await reachOf(secureOutputs(), {}).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UserError);
    const { message, next } = failure as UserError;
    expect(message).toBe(
      `This machine does not know the names ${HOSTS.join(", ")}, so nothing of stack dev can be reached.`,
    );
    expect(next).toContain("npm run smoke -- --stack dev --resolve 127.0.0.1\n");
    expect(next).toContain(`    127.0.0.1  ${HOSTS.join(" ")}\n`);
  });

  it("proposes the address that the stack is published on", async () => {
    const outputs = secureOutputs(443, {
      settings: { ...sampleOutputs().settings, bindAddresses: ["192.0.2.7"] },
    });
    await expect(reachOf(outputs, {})).rejects.toMatchObject({
      next: expect.stringContaining("--resolve 192.0.2.7") as string,
    });
  });

  it.each(["localhost", "300.1.1.1", ""])("refuses --resolve %j, which is no address", async (resolve) => {
    await expect(reachOf(secureOutputs(), { resolve })).rejects.toMatchObject({ exitCode: 2 });
  });

  it("refuses --resolve for a stack without names", async () => {
    const outputs = secureOutputs();
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

  it.runIf(findChromium() !== undefined && findCertutil() !== undefined)(
    "is the same for Chromium, which truly trusts the CA and forgets it at the end",
    async () => {
      const base = await secureContext();
      const context = { ...base, chromium: findChromium() ?? "" };
      const before = homes();
      const page = await openWindow(context);
      await page.goto(context.outputs.urls.mlflow);
      expect(await page.textContent("body")).toBe(`hello from mlflow.${DOMAIN}:${portOf(site)}`);
      expect(homes()).toHaveLength(before.length + 1);
      await context.cleanup.run();
      expect(homes()).toEqual(before);
      const stranger = {
        ...context,
        reach: new Reach(Object.values(context.outputs.urls), { resolve: "127.0.0.1" }),
      };
      const other = await openWindow(stranger);
      await expect(other.goto(stranger.outputs.urls.mlflow)).rejects.toThrow("ERR_CERT_AUTHORITY_INVALID");
      await stranger.cleanup.run();
    },
    60_000,
  );
});

describe("checks that mean something by https only", () => {
  it("are not even listed by plain http", () => {
    const listed = checksFor(sampleOutputs()).map(({ id }) => id);
    const all = CHECKS.map(({ id }) => id);
    expect(all.filter((id) => !listed.includes(id))).toEqual([
      "certificate",
      "redirect",
      "hsts",
      "unknown-name",
      "cookies",
    ]);
    expect(checksFor(secureOutputs())).toEqual(CHECKS);
  });

  it("see the certificate, its CA and the days left", async () => {
    expect(await certificateValid.run(await secureContext())).toBe("by Test CA, Tests, 1 days left");
  });

  it("refuse a certificate whose time is over", async () => {
    const server = createServer(
      ca.issue(
        HOSTS.map((host) => `DNS:${host}`),
        0,
      ),
    );
    await listening(server);
    const context = await secureContext(secureOutputs(portOf(server)));
    await expect(certificateValid.run(context)).rejects.toThrow(/TLS with mlflow\..*certificate has expired/);
    server.close();
  });

  it("want two years of HSTS on each host", async () => {
    const context = await secureContext();
    await expect(strictTransport.run(context)).rejects.toThrow(
      /s3\..* answers with no Strict-Transport-Security, not max-age=63072000 or more/,
    );
    context.outputs.urls.s3 = context.outputs.urls.console;
    expect(await strictTransport.run(context)).toBeUndefined();
  });

  it("want an alert for a name that the certificate would even be valid for", async () => {
    await expect(unknownNameRefused.run(await secureContext())).rejects.toThrow(
      `asked for smoke-unknown.${DOMAIN}, the server showed its certificate: mlflow.${DOMAIN}`,
    );
    const refusing = createTcpServer(
      (socket) => void socket.once("data", () => socket.end(UNRECOGNIZED_NAME)),
    );
    await listening(refusing);
    expect(await unknownNameRefused.run(await secureContext(secureOutputs(portOf(refusing))))).toBe(
      "unrecognized name",
    );
    refusing.close();
  });

  it("do not take a broken connection for a refusal", async () => {
    const broken = createTcpServer((socket) => void socket.once("data", () => socket.destroy()));
    await listening(broken);
    await expect(unknownNameRefused.run(await secureContext(secureOutputs(portOf(broken))))).rejects.toThrow(
      /ended otherwise/,
    );
    broken.close();
  });

  describe("with plain http beside it", () => {
    const redirecting = (location: (host: string, path: string) => string): Promise<number> => {
      const server = createHttpServer((request, response) => {
        const host = request.headers.host?.replace(/:\d+$/, "") ?? "";
        response.writeHead(308, { Location: location(host, request.url ?? "") }).end();
      });
      return listening(server).then(() => {
        server.unref();
        return portOf(server);
      });
    };
    const withPort = (httpPort: number | undefined): Promise<SmokeContext> =>
      secureContext(secureOutputs(443, { settings: { ...sampleOutputs().settings, httpPort } }));

    it("see that it leads to https with path and query", async () => {
      const port = await redirecting((host, path) => `https://${host}:443${path}`);
      const context = await withPort(port);
      expect(await httpRedirects.run(context)).toBe(`4 of port ${port}`);
    });

    it("refuse that it leads elsewhere", async () => {
      const port = await redirecting((host) => `https://${host}/`);
      await expect(httpRedirects.run(await withPort(port))).rejects.toThrow(
        /leads to https:.*, not to https:/,
      );
    });

    it("say so where the stack does not say which port that is", async () => {
      await expect(httpRedirects.run(await withPort(undefined))).rejects.toThrow(/no httpPort/);
    });
  });
});
