import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { UserError } from "../errors";
import { aptInstall } from "./apt";
import type { Step } from "./context";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/**
 * Looks for a browser that the smoke test can drive: CHROMIUM_PATH, else Chromium or Chrome on PATH.
 * @param env - default that of this process
 * @returns the absolute path, undefined when there is none
 */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const own = env["CHROMIUM_PATH"];
  const candidates = own
    ? [own]
    : (env["PATH"] ?? "")
        .split(delimiter)
        .filter(Boolean)
        .flatMap((dir) => NAMES.map((name) => join(dir, name)));
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Finds a browser for the smoke test, or installs Debian's. Runs on request only. */
export const chromiumStep: Step = {
  name: "chromium",
  title: "Chromium, to sign in as a person would",
  onRequest: true,
  async run(context, task) {
    const found = findChromium();
    if (found) {
      task.skip(found);
      return;
    }
    if (process.env["CHROMIUM_PATH"])
      throw new UserError(
        `CHROMIUM_PATH is ${process.env["CHROMIUM_PATH"]}, which is no program that can be run`,
        "Correct it or unset it.",
        2,
      );
    if (!context.host.root || !context.host.debian)
      throw new UserError(
        "No Chromium or Chrome is on PATH, so signing in cannot be tried",
        "Install one (`sudo apt-get install chromium` on Debian) or set CHROMIUM_PATH, and run the same command again.",
      );
    task.progress("installing Debian's chromium");
    await aptInstall(["chromium"], "Chromium");
    const installed = findChromium();
    if (!installed)
      throw new UserError(
        "The package chromium was installed, but there is no such program on PATH (on Ubuntu it only points to a snap)",
        "Install Chrome or Chromium by other means, set CHROMIUM_PATH, and run the same command again.",
      );
    task.result(`installed ${installed}`);
  },
};
