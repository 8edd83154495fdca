import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isComplete, makeOnce } from "../../../cli/bootstrap/complete";

let root: string;
let dir: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "complete-"));
  dir = join(root, "part-1");
});
afterEach(() => rm(root, { recursive: true, force: true }));

const fill = (text: string) => (temporary: string) => writeFile(join(temporary, "program"), text);
const content = (): Promise<string> => readFile(join(dir, "program"), "utf8");

describe("a folder of the cache", () => {
  it("is made once", async () => {
    expect(await makeOnce(dir, fill("one"))).toBe(true);
    expect(await makeOnce(dir, fill("two"))).toBe(false);
    expect(await content()).toBe("one");
  });

  it("that has no marker is made anew", async () => {
    await mkdir(dir);
    await fill("half")(dir);
    expect(await isComplete(dir)).toBe(false);
    expect(await makeOnce(dir, fill("whole"))).toBe(true);
    expect(await content()).toBe("whole");
  });

  it.each(["", "{", "{}", "null"])("with the torn marker '%s' is not complete", async (marker) => {
    await makeOnce(dir, fill("one"));
    await writeFile(join(dir, ".complete.json"), marker);
    expect(await isComplete(dir)).toBe(false);
  });

  it("whose file was cut short or removed is made anew", async () => {
    await makeOnce(dir, fill("one"));
    await writeFile(join(dir, "program"), "o");
    expect(await isComplete(dir)).toBe(false);
    await makeOnce(dir, fill("two"));
    await rm(join(dir, "program"));
    expect(await isComplete(dir)).toBe(false);
    expect(await makeOnce(dir, fill("three"))).toBe(true);
  });

  it("leaves nothing when making it fails, and the error is thrown on", async () => {
    const failing = async (temporary: string): Promise<void> => {
      await fill("half")(temporary);
      throw new Error("no network");
    };
    await expect(makeOnce(dir, failing)).rejects.toThrow("no network");
    expect(await readdir(root)).toEqual([]);
  });

  it("into which nothing was put is refused", async () => {
    await expect(makeOnce(dir, () => Promise.resolve())).rejects.toThrow(/Nothing was made/);
    expect(existsSync(dir)).toBe(false);
  });

  it("is cleared of what killed runs left beside it, and of nothing else", async () => {
    await mkdir(join(root, ".part-1.tmp-dead"));
    await mkdir(join(root, ".part-10.tmp-alive"));
    await makeOnce(dir, fill("one"));
    expect((await readdir(root)).sort()).toEqual([".part-10.tmp-alive", "part-1"]);
  });

  it("wanted by several at once is made by one", async () => {
    let made = 0;
    let waited = 0;
    const slow = async (temporary: string): Promise<void> => {
      made += 1;
      await new Promise((resolve) => setTimeout(resolve, 200));
      await fill("one")(temporary);
    };
    const all = [1, 2, 3].map(() => makeOnce(dir, slow, { waiting: () => (waited += 1) }));
    expect((await Promise.all(all)).filter(Boolean)).toHaveLength(1);
    expect(made).toBe(1);
    expect(waited).toBeGreaterThan(0);
  });
});
