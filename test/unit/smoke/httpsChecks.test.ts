import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:https";
import { createServer as createTcpServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHECKS, checksFor } from "../../../cli/smoke/checks";
import {
  certificateValid,
  httpRedirects,
  strictTransport,
  unknownNameRefused,
} from "../../../cli/smoke/checks/https";
import type { SmokeContext } from "../../../cli/smoke/context";
import { sampleOutputs } from "./fixtures";
import { DOMAIN, HOSTS, listening, portOf, SecureSite } from "./secureSite";

/** What NGINX sends to a foreign name: a fatal alert, unrecognized_name. */
const UNRECOGNIZED_NAME = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x70]);

let site: SecureSite;
beforeAll(async () => {
  site = await SecureSite.start();
});
afterAll(() => site.close());

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
    expect(checksFor(site.outputs())).toEqual(CHECKS);
  });

  it("see the certificate, its CA and the days left", async () => {
    expect(await certificateValid.run(await site.context())).toBe("by Test CA, Tests, 1 days left");
  });

  it("refuse a certificate whose time is over", async () => {
    const server = createServer(
      site.ca.issue(
        HOSTS.map((host) => `DNS:${host}`),
        0,
      ),
    );
    await listening(server);
    const context = await site.context(site.outputs(portOf(server)));
    await expect(certificateValid.run(context)).rejects.toThrow(/TLS with mlflow\..*certificate has expired/);
    server.close();
  });

  it("want two years of HSTS on each host", async () => {
    const context = await site.context();
    await expect(strictTransport.run(context)).rejects.toThrow(
      /s3\..* answers with no Strict-Transport-Security, not max-age=63072000 or more/,
    );
    context.outputs.urls.s3 = context.outputs.urls.console;
    expect(await strictTransport.run(context)).toBeUndefined();
  });

  it("want an alert for a name that the certificate would even be valid for", async () => {
    await expect(unknownNameRefused.run(await site.context())).rejects.toThrow(
      `asked for smoke-unknown.${DOMAIN}, the server showed its certificate: mlflow.${DOMAIN}`,
    );
    const refusing = createTcpServer(
      (socket) => void socket.once("data", () => socket.end(UNRECOGNIZED_NAME)),
    );
    await listening(refusing);
    expect(await unknownNameRefused.run(await site.context(site.outputs(portOf(refusing))))).toBe(
      "unrecognized name",
    );
    refusing.close();
  });

  it("do not take a broken connection for a refusal", async () => {
    const broken = createTcpServer((socket) => void socket.once("data", () => socket.destroy()));
    await listening(broken);
    await expect(unknownNameRefused.run(await site.context(site.outputs(portOf(broken))))).rejects.toThrow(
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
      site.context(site.outputs(443, { settings: { ...sampleOutputs().settings, httpPort } }));

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
