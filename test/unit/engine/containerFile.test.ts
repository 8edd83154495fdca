import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "tar";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { engineClient } from "../../../cli/bootstrap/engine";
import { containerFile } from "../../../cli/engine/containerFile";

const WRITTEN = new Date("2026-05-06T07:08:09.000Z");
let folder: string;
let engine: Server;
let address: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "container-file-"));
  writeFileSync(join(folder, "status.json"), "{}".padEnd(100_000));
  utimesSync(join(folder, "status.json"), WRITTEN, WRITTEN);
  // An engine with one container, as its API answers.
  engine = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://engine");
    if (pathname === "/containers/broken/archive") return void response.writeHead(500).end();
    if (pathname === "/containers/torn/archive") return void response.end("this is no archive".repeat(100));
    const known =
      pathname === "/containers/nginx/archive" && searchParams.get("path") === "/certificates/status.json";
    if (!known) return void response.writeHead(404).end("{}");
    return void create({ cwd: folder }, ["status.json"]).pipe(response);
  });
  await new Promise<void>((resolve) => void engine.listen(0, "127.0.0.1", resolve));
  address = `tcp://127.0.0.1:${(engine.address() as AddressInfo).port}`;
});

afterAll(() => {
  engine.close();
  rmSync(folder, { recursive: true });
});

describe("a file of a container", () => {
  const read = (container: string, path: string): ReturnType<typeof containerFile> =>
    containerFile(engineClient(address), container, path);

  it("is read whole, with the time at which it was written", async () => {
    const file = await read("nginx", "/certificates/status.json");
    expect(file).toEqual({ text: "{}".padEnd(100_000), modified: WRITTEN });
  });

  it("is undefined where there is no such container or file", async () => {
    expect(await read("nginx", "/other")).toBeUndefined();
    expect(await read("other", "/certificates/status.json")).toBeUndefined();
  });

  it("is an error where the engine fails", async () => {
    await expect(read("broken", "/x")).rejects.toThrow(/500/);
    await expect(read("torn", "/x")).rejects.toThrow();
  });
});
