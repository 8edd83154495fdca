import type { Page } from "playwright-core";
import { visit } from "../browser";

/** Opens the page of a device sign-in in a browser that is signed in at Keycloak, and agrees. */
export async function approveDevice(page: Page, url: string): Promise<void> {
  await visit(page, url);
  await agree(page);
}

/** Agrees on the page of a device sign-in that is open. */
export async function agree(page: Page): Promise<void> {
  await page.locator("#kc-login[name=accept], input[name=accept], button[name=accept]").first().click();
  await page.waitForURL((target) => target.pathname.endsWith("/device/status"));
}
