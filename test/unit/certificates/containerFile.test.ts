import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { engineClient } from "../../../cli/bootstrap/engine";
import { containerFile } from "../../../cli/certificates/containerFile";
import { type FakeEngine, fakeEngine } from "../../helpers/fakeEngine";

const WRITTEN = new Date("2026-05-06T07:08:09.000Z");
/** More than one block of an archive, and more than one piece of a stream. */
const TEXT = "{}".padEnd(100_000);
let engine: FakeEngine;

beforeAll(async () => {
  engine = await fakeEngine();
  engine.put("nginx", "/certificates/status.json", TEXT, WRITTEN);
});
afterAll(() => engine.close());

describe("a file of a container", () => {
  const read = (container: string, path: string): ReturnType<typeof containerFile> =>
    containerFile(engineClient(engine.address), container, path);

  it("is read whole, with the time at which it was written", async () => {
    expect(await read("nginx", "/certificates/status.json")).toEqual({ text: TEXT, modified: WRITTEN });
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
