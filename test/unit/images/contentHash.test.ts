import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ContextFile, contentHash, readContext } from "../../../images/contentHash";

const file = (path: string, content: string, executable = false): ContextFile => ({
  path,
  executable,
  content: Buffer.from(content),
});

describe("contentHash", () => {
  const dockerfile = file("Dockerfile", "FROM scratch\n");
  const start = file("start", "exec x\n", true);
  const files = [dockerfile, start];
  const hash = contentHash(files, ["base 1", "keycloak.zip 2"]);

  it("is a SHA-256", () => {
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it("does not depend on the order of files or pins", () => {
    expect(contentHash([...files].reverse(), ["keycloak.zip 2", "base 1"])).toBe(hash);
  });

  it.each([
    ["a byte", [file("Dockerfile", "FROM scratch!"), start], ["base 1", "keycloak.zip 2"]],
    ["an x-bit", [dockerfile, file("start", "exec x\n", false)], ["base 1", "keycloak.zip 2"]],
    ["a path", [dockerfile, file("begin", "exec x\n", true)], ["base 1", "keycloak.zip 2"]],
    ["a missing file", [dockerfile], ["base 1", "keycloak.zip 2"]],
    ["a pin", files, ["base 1", "keycloak.zip 3"]],
    ["a missing pin", files, ["base 1"]],
  ])("changes with %s", (_what, changed, pins) => {
    expect(contentHash(changed, pins)).not.toBe(hash);
  });

  it("keeps apart what only looks the same when joined", () => {
    expect(contentHash([file("ab", "c")], [])).not.toBe(contentHash([file("a", "bc")], []));
    expect(contentHash([file("a", ""), file("b", "")], [])).not.toBe(
      contentHash([file("a", "1:b1:-0:")], []),
    );
  });
});

describe("readContext", () => {
  let folder: string;
  const paths = (): string[] => readContext(folder).map(({ path }) => path);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "context-"));
    writeFileSync(join(folder, "Dockerfile"), "FROM scratch\n");
    mkdirSync(join(folder, "src"));
    writeFileSync(join(folder, "src", "main.go"), "package main\n");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("reads files of sub-folders with their content", () => {
    expect(readContext(folder).map(({ path, content }) => [path, content.toString()])).toEqual([
      ["Dockerfile", "FROM scratch\n"],
      ["src/main.go", "package main\n"],
    ]);
  });

  it("sees the x-bit and nothing else of the mode", () => {
    const dockerfile = join(folder, "Dockerfile");
    const hash = (): string => contentHash(readContext(folder), []);
    chmodSync(dockerfile, 0o644);
    const plain = hash();
    chmodSync(dockerfile, 0o600);
    expect(hash()).toBe(plain);
    chmodSync(dockerfile, 0o755);
    expect(hash()).not.toBe(plain);
  });

  it.each([".artifacts", "__pycache__", ".git"])("leaves out the folder %s", (name) => {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "file"), "anything");
    expect(paths()).toEqual(["Dockerfile", "src/main.go"]);
  });

  it.each(["build.log", ".Dockerfile.swp", "Dockerfile~", ".DS_Store"])("leaves out the file %s", (name) => {
    writeFileSync(join(folder, name), "anything");
    expect(paths()).toEqual(["Dockerfile", "src/main.go"]);
  });

  it("sees a new file", () => {
    writeFileSync(join(folder, "extra"), "");
    expect(paths()).toEqual(["Dockerfile", "extra", "src/main.go"]);
  });
});
