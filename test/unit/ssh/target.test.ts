import { afterEach, describe, expect, it, vi } from "vitest";
import { dialCommand, isSsh, sshAddressFault, sshArgs, sshTarget, sshWords } from "../../../cli/ssh/target";

afterEach(() => vi.unstubAllEnvs());

describe("an address by ssh", () => {
  it.each([
    ["ssh://far", { host: "far", user: undefined, port: undefined, socket: undefined }, "far"],
    [
      "ssh://me@far.example:2222",
      { host: "far.example", user: "me", port: "2222" },
      "-p 2222 me@far.example",
    ],
    ["ssh://me@[2001:db8::1]", { host: "2001:db8::1", user: "me" }, "me@2001:db8::1"],
    ["ssh://far/run/user/1000/docker.sock", { host: "far", socket: "/run/user/1000/docker.sock" }, "far"],
    ["ssh://far/", { host: "far", socket: undefined }, "far"],
    ["ssh://a%20b@far", { user: "a b" }, "a b@far"],
  ])("%s is taken apart, and said as a person types it", (address, parts, words) => {
    expect(isSsh(address)).toBe(true);
    expect(sshTarget(address)).toMatchObject({ address, ...parts });
    expect(sshWords(sshTarget(address))).toBe(words);
  });

  it.each([
    ["ssh://me:secret@far", /password/],
    ["ssh://far?x=1", /after \? or #/],
    ["ssh://far#x", /after \? or #/],
    ["ssh://", /names no machine|no address/],
  ])("%s is refused", (address, fault) => {
    expect(sshAddressFault(address)).toMatch(fault);
    expect(() => sshTarget(address)).toThrow();
  });

  it("is none where nothing says so", () => {
    expect(isSsh("tcp://far:2376")).toBe(false);
    expect(() => sshTarget("tcp://far:2376")).toThrow();
  });
});

describe("what is handed to ssh", () => {
  const target = sshTarget("ssh://me@far:2222");

  it("never asks, notices a dead connection, and keeps the person's host from being an option", () => {
    const args = sshArgs(target, ["-N"], ["true"]);
    expect(args.join(" ")).toMatch(/-o BatchMode=yes .*-o ServerAliveInterval=\d+ /);
    expect(args.slice(-7)).toEqual(["-l", "me", "-p", "2222", "--", "far", "true"]);
    expect(args.indexOf("-N")).toBeLessThan(args.indexOf("--"));
  });

  it("never turns off the check of host keys", () => {
    expect(sshArgs(target, [], ["true"]).join(" ")).not.toMatch(/StrictHostKeyChecking|KnownHosts/);
  });

  it("takes the options that the docker provider takes", () => {
    vi.stubEnv("DOCKER_SSH_OPTS", " -F  /x/config ");
    const args = sshArgs(target, []);
    expect(args.slice(args.indexOf("-F"), args.indexOf("-F") + 2)).toEqual(["-F", "/x/config"]);
  });

  it("reaches the engine as Docker's own client does", () => {
    expect(dialCommand(target)).toEqual(["docker", "system", "dial-stdio"]);
    expect(dialCommand(sshTarget("ssh://far/run/d.sock"))).toContain("--host=unix:///run/d.sock");
    expect(dialCommand({ ...target, socket: "/a b;c" })).toContain("--host=unix://'/a b;c'");
  });
});
