import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { engineAction, foreignProcessor } from "../../../cli/bootstrap/engineStep";
import { engineClient, engineState } from "../../../cli/bootstrap/engine";
import { type FakeSsh, fakeSsh } from "../../helpers/fakeSsh";

const ADDRESS = "ssh://me@far";
const INFO = { ServerVersion: "26.1.5", DockerRootDir: "/data", Architecture: "aarch64" };

let engine: Server;
let ssh: FakeSsh;

beforeAll(async () => {
  engine = createServer((request, response) => {
    if (request.url?.startsWith("/info")) response.end(JSON.stringify(INFO));
    else request.pipe(response);
  });
  // As the engine answers to `attach`: from here on the connection is the container's standard input and output.
  engine.on("upgrade", (_request, socket: Socket) => {
    socket.write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
    socket.pipe(socket);
  });
  // As an engine, which ends no idle connection.
  engine.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => void engine.listen(0, "127.0.0.1", resolve));
  ssh = fakeSsh({ engine: port() });
});
afterAll(() => {
  ssh.remove();
  engine.closeAllConnections();
  engine.close();
});

function port(): number {
  return (engine.address() as AddressInfo).port;
}

describe("an engine by ssh", () => {
  it("is asked over the standard input and output of ssh, several times over one connection", async () => {
    expect(await engineState(ADDRESS)).toMatchObject({
      kind: "ready",
      version: "26.1.5",
      root: "/data",
      arch: "arm64",
    });
    await engineState(ADDRESS);
    expect(ssh.starts()).toHaveLength(1);
    expect(ssh.starts()[0]?.slice(-6)).toEqual(["me", "--", "far", "docker", "system", "dial-stdio"]);
  });

  it("takes a large body, as an image is", async () => {
    const body = Buffer.alloc(8 * 2 ** 20, 7);
    const answer = await engineClient(ADDRESS).importImage(body as unknown as string, { repo: "x" });
    let size = 0;
    for await (const chunk of answer) size += (chunk as Buffer).length;
    expect(size).toBe(body.length);
  });

  it("lets a container's input and output through", async () => {
    const stream = await engineClient(ADDRESS)
      .getContainer("x")
      .attach({ stream: true, stdin: true, stdout: true, hijack: true });
    stream.end("there and back");
    expect(await text(stream)).toBe("there and back");
  });

  it("answers many at once over few connections", async () => {
    const before = ssh.starts().length;
    const client = engineClient(ADDRESS);
    await Promise.all(Array.from({ length: 30 }, () => client.info()));
    expect(ssh.starts().length - before).toBeLessThanOrEqual(6);
  });

  it("is told with cause and next command when ssh refuses", async () => {
    ssh.set({ refuses: "Host key verification failed." });
    const state = await engineState("ssh://other");
    expect(state).toMatchObject({ kind: "absent" });
    const host = { debian: true, root: true, systemd: false };
    const action = engineAction(state, "ssh://other", host, true);
    expect(action).toMatchObject({ do: "stop", error: { exitCode: 3 } });
    expect(action.do === "stop" && action.error.next).toContain("compare the fingerprint");
  });

  it("is told by the words of ssh, also when more is written than it takes before it ends", async () => {
    ssh.set({ refuses: "me@far: Permission denied (publickey)." });
    const body = Buffer.alloc(2 ** 20) as unknown as string;
    await expect(engineClient("ssh://other").importImage(body, { repo: "x" })).rejects.toMatchObject({
      next: expect.stringContaining("ssh-copy-id") as unknown,
    });
  });

  it("is told when there is no engine, or no program ssh", async () => {
    ssh.set({});
    expect((await engineState("ssh://empty")).kind).toBe("absent");
    const path = process.env["PATH"];
    process.env["PATH"] = "/nonexistent";
    try {
      expect(await engineState("ssh://no-program")).toMatchObject({
        kind: "absent",
        error: { next: expect.stringContaining("openssh-client") as unknown },
      });
    } finally {
      process.env["PATH"] = path;
    }
  });
});

describe("an engine on another processor", () => {
  const context = { host: { nodeArch: "x64" as const }, foreignImages: new Set<string>() };

  it("cannot run what is built here", () => {
    expect(foreignProcessor("x64", context)).toBeUndefined();
    expect(foreignProcessor("arm64", context)).toMatchObject({ exitCode: 3 });
  });

  it("runs images of one's own", async () => {
    const { SERVICES } = await import("../../../images/catalogue.js");
    expect(foreignProcessor("arm64", { ...context, foreignImages: new Set(SERVICES) })).toBeUndefined();
  });
});
