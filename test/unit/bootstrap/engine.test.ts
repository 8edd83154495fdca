import { describe, expect, it, vi } from "vitest";
import {
  DEFAULT_HOST,
  engineAddress,
  engineState,
  isLocal,
  type EngineState,
} from "../../../cli/bootstrap/engine";
import { engineAction } from "../../../cli/bootstrap/engineStep";

const ABSENT: EngineState = { kind: "absent", detail: "connect ENOENT" };
const DENIED: EngineState = { kind: "denied", detail: "connect EACCES" };
const READY: EngineState = {
  ...{ kind: "ready", version: "20.10.24", root: "/var/lib/docker" },
  ...{ rootless: false, arch: "x64" },
};
const root = { debian: true, root: true, systemd: false };

describe("what to do about the engine", () => {
  it.each([
    ["it answers", READY, DEFAULT_HOST, { debian: false, root: false, systemd: false }, false, { do: "use" }],
    ["Debian, root, nothing installed", ABSENT, DEFAULT_HOST, root, false, { do: "install" }],
    ["installed, root, no systemd", ABSENT, DEFAULT_HOST, root, true, { do: "start", how: "process" }],
    [
      "installed, root, systemd",
      ABSENT,
      DEFAULT_HOST,
      { ...root, systemd: true },
      true,
      { do: "start", how: "systemd" },
    ],
  ] as const)("%s", (_name, state, address, host, installed, wanted) => {
    expect(engineAction(state, address, host, installed)).toEqual(wanted);
  });

  it.each([
    ["no right to its socket", DENIED, DEFAULT_HOST, { ...root, root: false }, true, /usermod -aG docker/],
    ["another address", ABSENT, "tcp://10.0.0.9:2375", root, false, /dockerHost.*DOCKER_HOST/],
    [
      "installed, not root",
      ABSENT,
      DEFAULT_HOST,
      { ...root, root: false },
      true,
      /systemctl enable --now docker/,
    ],
    ["Debian, not root", ABSENT, DEFAULT_HOST, { ...root, root: false }, false, /apt-get install docker\.io/],
    ["another system", ABSENT, DEFAULT_HOST, { ...root, debian: false }, false, /docs\.docker\.com/],
  ] as const)("stops with the next command: %s", (_name, state, address, host, installed, next) => {
    const action = engineAction(state, address, host, installed);
    expect(action.do).toBe("stop");
    if (action.do !== "stop") return;
    expect(action.error.next).toMatch(next);
    expect(action.error.exitCode).toBe(3);
  });
});

describe("the engine's address", () => {
  it("is the setting, else DOCKER_HOST, else the socket", () => {
    vi.stubEnv("DOCKER_HOST", "tcp://b:1");
    expect(engineAddress("ssh://a")).toBe("ssh://a");
    expect(engineAddress()).toBe("tcp://b:1");
    vi.stubEnv("DOCKER_HOST", "");
    expect(engineAddress()).toBe(DEFAULT_HOST);
    vi.unstubAllEnvs();
  });

  it.each([
    ["unix:///run/docker.sock", true],
    ["tcp://127.0.0.1:2375", true],
    ["tcp://build.example:2376", false],
    ["ssh://me@host", false],
  ])("%s is local: %s", (address, local) => {
    expect(isLocal(address)).toBe(local);
  });

  it("without anything behind it is told as absent", async () => {
    expect(await engineState("unix:///nonexistent/docker.sock")).toMatchObject({ kind: "absent" });
  });
});
