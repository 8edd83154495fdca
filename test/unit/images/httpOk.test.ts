import execa from "execa";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";

const script = join(__dirname, "../../../images/base/http-ok");

describe("http-ok", () => {
  let server: Server | undefined;

  const serve = async (answer: RequestListener): Promise<number> => {
    const started = createServer(answer);
    server = started;
    await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
    return (started.address() as AddressInfo).port;
  };
  const check = (port: number, ...args: string[]) =>
    execa(script, [String(port), "/health", ...args], { reject: false });

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    server = undefined;
  });

  it("accepts 200 and asks for the path as a local client", async () => {
    let seen = "";
    const port = await serve((request, response) => {
      seen = `${request.method} ${request.url} ${request.headers.host}`;
      response.end("fine");
    });
    expect((await check(port)).exitCode).toBe(0);
    expect(seen).toBe(`GET /health localhost:${port}`);
  });

  it("finds the text in a body of several lines, without a line break at the end", async () => {
    const port = await serve((_request, response) => response.end('{\n"loginStrategy":"redirect"}'));
    expect((await check(port, "redirect")).exitCode).toBe(0);
  });

  it("refuses 200 without the text, and says so", async () => {
    const port = await serve((_request, response) => response.end('{"loginStrategy":"form"}'));
    const { exitCode, stderr } = await check(port, "redirect");
    expect(exitCode).toBe(1);
    expect(stderr).toBe(`/health on port ${port} answered 200 without 'redirect'`);
  });

  it.each([503, 401, 302, 404])("refuses %i, and says so", async (status) => {
    const port = await serve((_request, response) => response.writeHead(status).end("redirect"));
    const { exitCode, stderr } = await check(port, "redirect");
    expect(exitCode).toBe(1);
    expect(stderr).toBe(`/health on port ${port} answered ${status}`);
  });

  it("refuses a port on which nothing listens", async () => {
    const port = await serve((_request, response) => response.end());
    await new Promise((resolve) => server?.close(resolve));
    expect((await check(port)).exitCode).toBe(1);
  });

  it("gives up on a server that never answers", async () => {
    const port = await serve(() => undefined);
    const started = Date.now();
    expect((await check(port)).exitCode).toBe(124);
    expect(Date.now() - started).toBeLessThan(9000);
  }, 15_000);
});
