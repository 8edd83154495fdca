import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { onPage, visit } from "../../../cli/smoke/browser";
import type { SmokeContext } from "../../../cli/smoke/context";

/** A page whose loading fails with these messages, one after the other, and works from then on. */
function failing(...messages: string[]): { page: Page; visited: string[] } {
  const visited: string[] = [];
  const goto = (url: string): Promise<null> => {
    visited.push(url);
    const message = messages.shift();
    return message === undefined ? Promise.resolve(null) : Promise.reject(new Error(message));
  };
  return { page: { goto } as unknown as Page, visited };
}

const CHANGED = "page.goto: net::ERR_NETWORK_CHANGED at https://mlflow.example/";

describe("opening a page", () => {
  it("goes on after a change of this machine's network", async () => {
    const { page, visited } = failing(CHANGED, CHANGED);
    await visit(page, "https://mlflow.example/");
    expect(visited).toHaveLength(3);
  });

  it("ends when the network does not come to rest", async () => {
    const { page, visited } = failing(...Array<string>(9).fill(CHANGED));
    await expect(visit(page, "https://mlflow.example/")).rejects.toThrow("ERR_NETWORK_CHANGED");
    expect(visited).toHaveLength(5);
  });

  it("takes every other failure as one of the platform", async () => {
    const { page, visited } = failing("net::ERR_CERT_AUTHORITY_INVALID");
    await expect(visit(page, "https://mlflow.example/")).rejects.toThrow("AUTHORITY");
    expect(visited).toHaveLength(1);
  });
});

describe("what is done on a page", () => {
  const context = { signal: new AbortController().signal, pictures: undefined } as SmokeContext;

  /** Does something that fails until the pages that Chromium shows instead are used up. */
  async function doneOn(url: string, ...shown: string[]): Promise<number> {
    let times = 0;
    const page = { url: () => url, content: () => Promise.resolve(shown[times - 1]) } as unknown as Page;
    const act = async (): Promise<void> => {
      times += 1;
      if (times <= shown.length) throw new Error("not seen");
    };
    await onPage(context, page, "try", act).catch(() => (times = -times));
    return times;
  }

  it("is done again when a change of the network has broken a page on the way", async () => {
    expect(await doneOn("chrome-error://chromewebdata/", "ERR_NETWORK_CHANGED", "ERR_NETWORK_CHANGED")).toBe(
      3,
    );
  });

  it("fails when the network does not come to rest", async () => {
    expect(
      await doneOn("chrome-error://chromewebdata/", ...Array<string>(9).fill("ERR_NETWORK_CHANGED")),
    ).toBe(-5);
  });

  it("fails at once for every other reason", async () => {
    expect(await doneOn("chrome-error://chromewebdata/", "ERR_CONNECTION_REFUSED")).toBe(-1);
    // A page of the platform that only speaks of it.
    expect(await doneOn("https://mlflow.example/", "ERR_NETWORK_CHANGED")).toBe(-1);
  });
});
