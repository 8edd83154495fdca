import { createHash } from "node:crypto";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import execa from "execa";

/** A web server of this test on a free loopback port. */
export interface Site {
  base: string;
  /** Paths that were asked for. */
  asked: string[];
  close(): Promise<void>;
}

/** Starts a web server. */
export async function startSite(answer: RequestListener): Promise<Site> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    asked.push(request.url ?? "");
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/**
 * A tar.gz of files under other names, made while it is read. Not compressed: that would only cost the test time.
 * @param files - path on this machine by name in the archive
 */
export function tarball(files: Record<string, string>): Readable {
  const rename = Object.entries(files).map(([name, path]) => `--transform=s,^${path.slice(1)}$,${name},`);
  const tar = execa("tar", ["-c", ...rename, ...Object.values(files)], { buffer: false, reject: false });
  if (!tar.stdout) throw new Error("tar has no output");
  return tar.stdout.pipe(createGzip({ level: 0 }));
}

/** sha256 of a stream, lower-case hex. */
export async function sha256(stream: Readable): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of stream) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
