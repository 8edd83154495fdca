import type { Page } from "playwright-core";
import { fillSignIn, openWindow, visit } from "../../../../cli/smoke/browser";
import { approveDevice } from "../../../../cli/smoke/checks/device";
import { removePerson } from "../../../../cli/smoke/checks/people";
import type { SmokeContext } from "../../../../cli/smoke/context";
import { expectStatus, http, jsonOf } from "../../../../cli/smoke/http";
import type { KeycloakAdmin } from "../../../../cli/smoke/keycloak";
import { MAIL_DOMAIN, newPassword } from "../../../../cli/smoke/names";
import { type Tokens, deviceTokens } from "../../../../cli/smoke/tokens";

/** A token is fetched anew when less than this is left of it. */
const MARGIN_MILLISECONDS = 90_000;

/** Most times that a sign-in is begun which a change of the network has broken. */
const ATTEMPTS = 3;

/** A person made for the test, signed in at Keycloak in a browser window. */
export class Person {
  private tokens: { readonly said: Tokens; readonly until: number } | undefined;
  private signingIn: Promise<Tokens> | undefined;

  private constructor(
    private readonly context: SmokeContext,
    private readonly keycloak: KeycloakAdmin,
    public readonly username: string,
    public readonly password: string,
    public readonly page: Page,
  ) {}

  /** Makes a person, member of groups of the realm. */
  public static async make(
    context: SmokeContext,
    keycloak: KeycloakAdmin,
    role: string,
    groups: readonly string[],
  ): Promise<Person> {
    const username = `matrix-${role}-${context.id}`;
    const password = newPassword();
    context.cleanup.add(`user ${username}`, () => removePerson(context, username));
    await keycloak.createUser({ username, password, email: `${username}@${MAIL_DOMAIN}`, groups });
    return new Person(context, keycloak, username, password, await openWindow(context));
  }

  /** Signs in at MLflow with the browser, as people do; MLflow takes over their groups at that moment. */
  public async signIn(): Promise<void> {
    const { issuer } = this.context.outputs.oidc;
    const { mlflow } = this.context.outputs.urls;
    await visit(this.page, `${mlflow}/login`);
    if (this.page.url().startsWith(issuer)) await fillSignIn(this.page, issuer, this.username, this.password);
    await this.page.waitForURL((url) => url.origin === new URL(mlflow).origin);
  }

  /** An access token by the device flow, and the ID token beside it; one sign-in for all who wait for it. */
  public async token(): Promise<Tokens> {
    if (this.tokens !== undefined && this.tokens.until > Date.now()) return this.tokens.said;
    this.signingIn ??= this.newTokens().finally(() => (this.signingIn = undefined));
    return this.signingIn;
  }

  /** A personal token of MLflow, as the value of the Authorization header. */
  public async personalToken(): Promise<string> {
    const answer = await http(`${this.context.outputs.urls.mlflow}/api/2.0/mlflow/users/current/tokens`, {
      method: "POST",
      headers: { Authorization: `Bearer ${(await this.token()).access_token}` },
      json: { name: "matrix", expiration: new Date(Date.now() + 86_400_000).toISOString() },
    });
    const { token } = jsonOf(answer, `personal token of ${this.username}`, [200, 201]) as { token: string };
    return `Basic ${Buffer.from(`${this.username}:${token}`).toString("base64")}`;
  }

  /** Forgets the token, so that the next one says what holds now. */
  public forget(): void {
    this.tokens = undefined;
  }

  /** Disables the person in Keycloak. */
  public async disable(): Promise<void> {
    const answer = await this.keycloak.call(`/users/${await this.id()}`, {
      method: "PUT",
      json: { enabled: false },
    });
    expectStatus(answer, `disabling ${this.username}`, [204]);
  }

  /** Takes the person out of one group and into another. */
  public async move(from: string, to: string): Promise<void> {
    const id = await this.id();
    for (const [method, group] of [
      ["DELETE", from],
      ["PUT", to],
    ] as const) {
      const found = await this.keycloak.call("/groups", {
        query: { search: group, exact: "true", max: "1000" },
      });
      const known = (JSON.parse(found.text) as { id: string; name: string }[]).find(
        ({ name }) => name === group,
      );
      const answer = await this.keycloak.call(`/users/${id}/groups/${known?.id ?? group}`, {
        method,
        json: {},
      });
      expectStatus(answer, `${method} ${this.username} in ${group}`, [204]);
    }
  }

  private async newTokens(): Promise<Tokens> {
    const { issuer, cliClientId } = this.context.outputs.oidc;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const said = await deviceTokens(issuer, cliClientId, (url) => this.approve(url));
        this.tokens = { said, until: Date.now() + said.expires_in * 1000 - MARGIN_MILLISECONDS };
        return said;
      } catch (error) {
        // A container that starts or ends changes this machine's network, at which Chromium drops what it is loading.
        // That says nothing of the platform, and the code may be used up: begin anew.
        if (attempt === ATTEMPTS || !this.page.url().startsWith("chrome-error:")) throw error;
      }
    }
  }

  private async id(): Promise<string> {
    const user = await this.keycloak.findUser(this.username);
    if (user === undefined) throw new Error(`Keycloak does not know ${this.username}`);
    return user.id;
  }

  /** Agrees on the page of a device sign-in, and signs in first where Keycloak asks who it is. */
  public async approve(url: string): Promise<void> {
    const { issuer } = this.context.outputs.oidc;
    await visit(this.page, url);
    // The first time Keycloak asks who it is; later its session knows.
    const form = this.page.locator("#username");
    const accept = this.page
      .locator("#kc-login[name=accept], input[name=accept], button[name=accept]")
      .first();
    await form.or(accept).first().waitFor();
    if (await form.isVisible()) {
      await fillSignIn(this.page, issuer, this.username, this.password);
      await accept.click();
      await this.page.waitForURL((target) => target.pathname.endsWith("/device/status"));
      return;
    }
    await approveDevice(this.page, url);
  }
}
