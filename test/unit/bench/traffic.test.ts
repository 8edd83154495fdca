import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { ROUTES, load } from "../../../cli/bench/load";
import type { Subject } from "../../../cli/bench/subject";
import { download, upload } from "../../../cli/bench/transfer";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

type Handler = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

async function serve(handler: Handler): Promise<string> {
  server = createServer((request, response) => {
    void buffer(request).then((body) => handler(request, response, body));
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const subjectAt = (base: string): Subject => ({
  name: "stock",
  base,
  headers: () => Promise.resolve({ authorization: "Bearer t" }),
  prefix: "bench-x",
  experimentId: "1",
  containers: [],
});

describe("load", () => {
  it("makes the whole mix, with the caller's headers, and writes no step twice", async () => {
    const seen = new Map<string, number>();
    const steps: number[] = [];
    const base = await serve((request, response, body) => {
      const path = (request.url ?? "").replace(/\?.*/, "").replace("/api/2.0/mlflow/", "");
      if (request.headers.authorization === "Bearer t") seen.set(path, (seen.get(path) ?? 0) + 1);
      if (path === "runs/log-batch") {
        const { metrics } = JSON.parse(body.toString()) as { metrics: { step: number; key: string }[] };
        expect(metrics).toHaveLength(10);
        steps.push(metrics[0]?.step ?? -1);
      }
      response.end("{}");
    });
    const { perSecond, latencies } = await load(subjectAt(base), "run", 2, 1);
    expect([...seen.keys()].sort()).toEqual([...ROUTES].sort());
    expect(new Set(steps).size).toBe(steps.length);
    expect(perSecond).toBeGreaterThan(10);
    for (const route of ROUTES) expect(latencies[route].length).toBeGreaterThan(0);
  });

  it("files each answer's time under its own request", async () => {
    const base = await serve((request, response) => {
      setTimeout(() => response.end("{}"), request.url?.includes("log-batch") ? 60 : 1);
    });
    const { latencies } = await load(subjectAt(base), "run", 2, 1);
    expect(Math.min(...latencies["runs/log-batch"])).toBeGreaterThan(50);
    expect(Math.min(...latencies["runs/get"])).toBeLessThan(40);
  });

  it("is no figure when requests were refused", async () => {
    const base = await serve((request, response) => {
      response.statusCode = request.url?.includes("runs/get") ? 403 : 200;
      response.end("Permission denied");
    });
    await expect(load(subjectAt(base), "run", 1, 1)).rejects.toThrow(
      /stock: runs\/get got HTTP 403: Permission denied/,
    );
  });
});

describe("transfers", () => {
  it("send and receive what they say", async () => {
    let received = 0;
    const base = await serve((request, response, body) => {
      received += body.length;
      response.end(request.method === "GET" ? Buffer.alloc(2 * 2 ** 20) : "");
    });
    expect(await upload(base, {}, 3)).toBeGreaterThan(0);
    expect(received).toBe(3 * 2 ** 20);
    expect(await download(base, {}, 2)).toBeGreaterThan(0);
  });

  it("are no figure when something is missing", async () => {
    const base = await serve((_request, response) => response.end("short"));
    await expect(download(base, {}, 1)).rejects.toThrow(/5 bytes came instead of 1048576/);
  });

  it("are no figure when refused", async () => {
    const base = await serve((_request, response) => {
      response.statusCode = 401;
      response.end();
    });
    await expect(upload(base, {}, 1)).rejects.toThrow(/expected HTTP 200, got 401/);
    await expect(download(base, {}, 1)).rejects.toThrow(/expected HTTP 200, got 401/);
  });
});
