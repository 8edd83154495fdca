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
  return candidates.find(isProgram);
}

/**
 * Looks for the program that makes Chromium trust a CA.
 * @param env - default that of this process
 * @returns the absolute path, undefined when there is none
 */
export function findCertutil(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return (env["PATH"] ?? "")
    .split(delimiter)
    .filter(Boolean)
    .map((dir) => join(dir, "certutil"))
    .find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Finds a browser for the smoke test, or installs Debian's. Runs on request only. */
export const chromiumStep: Step = {
  name: "chromium",
  title: "Chromium, to sign in as a person would",
  onRequest: true,
  async run(context, task) {
    const found = findChromium();
    const mayInstall = context.host.root && context.host.debian;
    if (found) {
      // Without it a browser still tests a stack by http, or one whose certificate is of a public CA.
      if (findCertutil() || !mayInstall) {
        task.unneeded(found);
        return;
      }
      task.progress("installing libnss3-tools");
      await aptInstall(["libnss3-tools"], "certutil, which makes Chromium trust a CA,");
      task.result(`${found}, installed certutil`);
      return;
    }
    if (process.env["CHROMIUM_PATH"])
      throw new UserError(
        `CHROMIUM_PATH is ${process.env["CHROMIUM_PATH"]}, which is no program that can be run`,
        "Correct it or unset it.",
        2,
      );
    if (!mayInstall)
      throw new UserError(
        "No Chromium or Chrome is on PATH, so signing in cannot be tried",
        "Install one (`sudo apt-get install chromium libnss3-tools` on Debian) or set CHROMIUM_PATH, and run the same command again.",
      );
    task.progress("installing Debian's chromium");
    await aptInstall(["chromium", "libnss3-tools"], "Chromium");
    const installed = findChromium();
    if (!installed)
      throw new UserError(
        "The package chromium was installed, but there is no such program on PATH (on Ubuntu it only points to a snap)",
        "Install Chrome or Chromium by other means, set CHROMIUM_PATH, and run the same command again.",
      );
    task.result(`installed ${installed}`);
  },
};
