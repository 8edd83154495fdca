import type { Page } from "playwright-core";

/** Opens the page of a device sign-in in a browser that is signed in at Keycloak, and agrees. */
export async function approveDevice(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.locator("#kc-login[name=accept], input[name=accept], button[name=accept]").first().click();
  await page.waitForURL((target) => target.pathname.endsWith("/device/status"));
}
