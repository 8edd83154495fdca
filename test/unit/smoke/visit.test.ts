import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { visit } from "../../../cli/smoke/browser";

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
