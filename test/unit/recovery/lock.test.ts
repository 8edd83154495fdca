import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir, hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isStale, lockFolder, parseLock, removeStaleLocks } from "../../../cli/engine/recovery/lock";
import type { Stack } from "../../../cli/engine/stack";
import { UserError } from "../../../cli/errors";
import { checkout } from "../../../cli/paths";

const TEXT = '{"pid":4711,"username":"ada","hostname":"here","timestamp":"2026-11-21T10:00:00.5+01:00"}';
const TAKEN = Date.parse("2026-11-21T09:00:00.500Z");

describe("parseLock", () => {
  it("reads what the engine writes", () => {
    expect(parseLock("f", TEXT)).toEqual({
      file: "f",
      pid: 4711,
      username: "ada",
      hostname: "here",
      taken: TAKEN,
    });
  });

  it.each(["", "{", '{"pid":"4711","hostname":"here"}', '{"pid":4711}'])(
    "takes %j for half written",
    (text) => {
      expect(parseLock("f", text)).toBeUndefined();
    },
  );
});

describe("lockFolder", () => {
  const below = join(".pulumi", "locks", "organization", "mlflow-platform", "dev");

  it.each([
    ["file:///state/of%20mine", join("/state/of mine", below)],
    ["file://~/state", join(homedir(), "state", below)],
    ["file://~", join(homedir(), below)],
    ["file://./state", join(checkout, "state", below)],
  ])("of %s", (backend, folder) => {
    expect(lockFolder(backend, "dev")).toBe(folder);
  });

  it.each(["https://api.pulumi.com", "s3://bucket", ""])("is none of ours for %j", (backend) => {
    expect(lockFolder(backend, "dev")).toBeUndefined();
  });
});

describe("isStale", () => {
  const lock = { file: "f", pid: 4711, username: "ada", hostname: "here", taken: TAKEN };
  const holder = (started: number) => ({ command: "pulumi", started });

  it("is one whose process is gone", () => {
    expect(isStale(lock, "here", undefined)).toBe(true);
  });

  it("is one whose number another process got later", () => {
    expect(isStale(lock, "here", holder(TAKEN + 60_000))).toBe(true);
  });

  it("is none whose process runs", () => {
    expect(isStale(lock, "here", holder(TAKEN - 60_000))).toBe(false);
    // Clocks of the kernel and of the file differ by a little.
    expect(isStale(lock, "here", holder(TAKEN + 500))).toBe(false);
  });

  it("is none of another machine, whatever runs here", () => {
    expect(isStale(lock, "there", undefined)).toBe(false);
  });
});

describe("removeStaleLocks", () => {
  let root: string;
  let folder: string;
  let stack: Pick<Stack, "name" | "env">;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "locks-"));
    stack = { name: "dev", env: { PULUMI_BACKEND_URL: `file://${root}` } };
    folder = lockFolder(`file://${root}`, "dev") ?? "";
    mkdirSync(folder, { recursive: true });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const lock = (name: string, content: Record<string, unknown>): void =>
    writeFileSync(
      join(folder, name),
      JSON.stringify({ username: "ada", timestamp: new Date().toISOString(), ...content }),
    );

  it("removes what dead processes left, also half written", () => {
    // The largest number that Linux gives is 2^22.
    lock("a.json", { pid: 2 ** 22 + 1, hostname: hostname() });
    writeFileSync(join(folder, "a.json.attrs"), "{}");
    writeFileSync(join(folder, "b.json"), '{"pid":');
    expect(removeStaleLocks(stack)).toBe(2);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("leaves the lock of a running process alone and says who holds it", () => {
    lock("a.json", { pid: process.pid, hostname: hostname() });
    expect(() => removeStaleLocks(stack)).toThrow(
      new RegExp(`locked by ada on this machine \\(process ${process.pid}`),
    );
    expect(readdirSync(folder)).toEqual(["a.json"]);
  });

  it("leaves the lock of another machine alone and gives the exact command", () => {
    lock("a.json", { pid: 1, hostname: "elsewhere" });
    let thrown: unknown;
    try {
      removeStaleLocks(stack);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(UserError);
    expect((thrown as UserError).message).toContain("by ada on elsewhere (process 1");
    expect((thrown as UserError).next).toContain("npm run state -- unlock --stack dev");
    expect(readdirSync(folder)).toEqual(["a.json"]);
  });

  it("finds nothing where there never was a lock", () => {
    rmSync(folder, { recursive: true });
    expect(removeStaleLocks(stack)).toBe(0);
  });
});
