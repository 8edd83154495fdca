import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { create } from "tar";

/** An engine that knows nothing but files of containers. */
export interface FakeEngine {
  /** As the setting `dockerHost`. */
  readonly address: string;
  /** Puts a file into a container, which is there from then on. */
  put(container: string, path: string, text: string, modified: Date): void;
  close(): void;
}

/**
 * Starts an engine that gives files as the real one does: as archives, over its API.
 *
 * @param host - loopback address that it listens on; other ones than 127.0.0.1 count as another machine's
 */
export async function fakeEngine(host = "127.0.0.1"): Promise<FakeEngine> {
  const root = mkdtempSync(join(tmpdir(), "mlflow-platform-engine-"));
  const files = new Set<string>();
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://engine");
    const container = /^\/containers\/([^/]+)\/archive$/.exec(pathname)?.[1] ?? "";
    if (container === "broken") return void response.writeHead(500).end();
    if (container === "torn") return void response.end("this is no archive".repeat(100));
    const file = join(root, container, searchParams.get("path") ?? "");
    if (!files.has(file)) return void response.writeHead(404).end("{}");
    return void create({ cwd: dirname(file) }, [basename(file)]).pipe(response);
  });
  await new Promise<void>((resolve) => void server.listen(0, host, resolve));
  return {
    address: `tcp://${host}:${(server.address() as AddressInfo).port}`,
    put(container, path, text, modified) {
      const file = join(root, container, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      utimesSync(file, modified, modified);
      files.add(file);
    },
    close() {
      server.close();
      rmSync(root, { recursive: true });
    },
  };
}
