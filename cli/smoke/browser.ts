import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { type Browser, chromium, errors, type Page } from "playwright-core";
import { messageOf } from "../errors";
import type { SmokeContext } from "./context";
import type { Reach } from "./reach";
import { trustingHome } from "./trustStore";

/** Nothing but the pages under test: no QUIC, no calls home, no first-run pages. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Longest wait for one thing on a page. A cold MLflow page on a busy machine takes some seconds. */
const TIMEOUT_MILLISECONDS = 30_000;

const browsers = new WeakMap<SmokeContext, Promise<Browser>>();

/** Opens a window with cookies of its own; the browser is started on first use and closed with the run. */
export async function openWindow(context: SmokeContext): Promise<Page> {
  let browser = browsers.get(context);
  if (browser === undefined) {
    browser = launch(context);
    browsers.set(context, browser);
  }
  const window = await (await browser).newContext({ viewport: { width: 1360, height: 900 } });
  window.setDefaultTimeout(TIMEOUT_MILLISECONDS);
  return window.newPage();
}

/** The flags that make Chromium look up names as the rest of the smoke test does. */
export function resolverFlags({ hosts }: Pick<Reach, "hosts">): string[] {
  if (hosts.size === 0) return [];
  const rules = [...hosts].map(
    ([host, address]) => `MAP ${host} ${address.includes(":") ? `[${address}]` : address}`,
  );
  return [`--host-resolver-rules=${rules.join(",")}`];
}

async function launch(context: SmokeContext): Promise<Browser> {
  const { reach } = context;
  const home = reach.ca === undefined ? undefined : await trustingHome(reach.ca);
  const browser = await chromium
    .launch({
      executablePath: context.chromium,
      headless: true,
      args: [...FLAGS, ...resolverFlags(reach)],
      // Where a person's data lies elsewhere than at home, Chromium would look for certificates there.
      ...(home === undefined ? {} : { env: { ...process.env, HOME: home.path, XDG_DATA_HOME: undefined } }),
    })
    .catch(async (error: unknown) => {
      await home?.remove();
      const [cause] = messageOf(error).split("\n");
      throw new Error(
        `Chromium at ${context.chromium} does not start: ${cause ?? ""}; restore it: npm run bootstrap`,
        {
          cause: error,
        },
      );
    });
  const close = (): void => void browser.close();
  context.signal.addEventListener("abort", close, { once: true });
  if (context.signal.aborted) {
    close();
  }
  context.cleanup.add("the browser", async () => {
    context.signal.removeEventListener("abort", close);
    await browser.close();
    await home?.remove();
    return undefined;
  });
  return browser;
}

/** What Chromium says when it drops what it is loading, since this machine's network has changed. */
const NETWORK_CHANGED = "ERR_NETWORK_CHANGED";
/** Most times that a page is asked for whose loading a change of the network has broken. */
const VISITS = 5;

/**
 * Does something on a page; when it fails, keeps a picture of the page and says where. It is done again when a change of
 * this machine's network has broken a page on the way, such as one that a form or a redirect led to.
 *
 * @param name - file name of the picture
 * @param action - opens the first page itself, so that it can be done again
 */
export async function onPage(
  context: SmokeContext,
  page: Page,
  name: string,
  action: () => Promise<void>,
): Promise<void> {
  for (let count = 1; ; count += 1) {
    try {
      await action();
      return;
    } catch (error) {
      if (context.signal.aborted) {
        throw error;
      }
      if (count < VISITS && (await droppedByChange(page))) continue;
      const message =
        error instanceof errors.TimeoutError ? missing(error) : (messageOf(error).split("\n")[0] ?? "");
      throw new Error(`${message}\nat ${withoutQuery(page.url())}${await picture(context, page, name)}`, {
        cause: error,
      });
    }
  }
}

/** Whether a page shows Chromium's own words instead of what it was to load, and a change of the network as the cause. */
async function droppedByChange(page: Page): Promise<boolean> {
  if (!page.url().startsWith("chrome-error:")) return false;
  const shown = await page.content().catch(() => "");
  return shown.includes(NETWORK_CHANGED);
}

/**
 * Opens a page. Whenever a container starts or ends, this machine's network changes, at which Chromium drops what it is
 * loading; that says nothing of the platform, so the page is asked for again.
 */
export async function visit(page: Page, url: string): Promise<void> {
  for (let count = 1; ; count += 1) {
    try {
      await page.goto(url);
      return;
    } catch (error) {
      if (count === VISITS || !messageOf(error).includes(NETWORK_CHANGED)) throw error;
    }
  }
}

/** Fills Keycloak's form with a name and password, as the page after a redirect from an application. */
export async function fillSignIn(
  page: Page,
  issuer: string,
  username: string,
  password: string,
): Promise<void> {
  await page.waitForURL((url) => url.href.startsWith(`${issuer}/`));
  await page.locator("#username").fill(username);
  await page.locator("#password").fill(password);
  await page.locator("#kc-login").click();
}

/** A URL without its query, which may hold codes. */
export function withoutQuery(url: string): string {
  return url.replace(/\?.*$/, "");
}

/** What a page did not show, from the log in Playwright's message. */
function missing(error: Error): string {
  const message = stripVTControlCharacters(error.message);
  const waiting = /waiting for (.+)/.exec(message)?.[1] ?? message.split("\n")[0] ?? "";
  return `not seen within ${TIMEOUT_MILLISECONDS / 1000} s: ${waiting}`;
}

async function picture(context: SmokeContext, page: Page, name: string): Promise<string> {
  if (context.pictures === undefined) {
    return "";
  }
  const path = join(context.pictures, `${name}.png`);
  try {
    await mkdir(context.pictures, { recursive: true, mode: 0o700 });
    await page.screenshot({ path });
    return `\npicture: ${path}`;
  } catch {
    // The browser itself is gone: the error that led here says so.
    return "";
  }
}
