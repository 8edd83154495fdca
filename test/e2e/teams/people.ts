import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fillSignIn, visit } from "../../../cli/smoke/browser";
import { Cleanup } from "../../../cli/smoke/cleanup";
import { http } from "../../../cli/smoke/http";
import { KeycloakAdmin } from "../../../cli/smoke/keycloak";
import { smokeContext } from "../../helpers/smokeContext";
import { Person } from "../../helpers/matrix/identities/people";
import { type GetScene, MINUTES } from "./scene";

/** People who are new to MLflow, and what each asks at once with the first token, as a training does. */
const NEWCOMERS = 5;
const AT_ONCE = 40;

/** How people sign in: one session for MLflow and the object store's console, and tokens of their own. */
export function people(scene: GetScene): void {
  describe("a member with a browser", () => {
    const cleanup = new Cleanup();
    let keycloak: KeycloakAdmin;
    let member: Person;
    let newMember: (name: string) => Promise<Person>;

    beforeAll(async () => {
      const { outputs } = scene().stack;
      keycloak = new KeycloakAdmin(outputs);
      const context = smokeContext(outputs, cleanup);
      newMember = (name) => Person.make(context, keycloak, name, ["vision", "mlflow-users"]);
      member = await newMember("member");
    }, MINUTES);

    afterAll(async () => {
      await cleanup.run();
      await keycloak.close();
    });

    it(
      "signs in at the console first, and is in MLflow without a second password",
      async () => {
        const { urls, oidc } = scene().stack.outputs;
        const { page } = member;
        await visit(page, urls.console);
        await page
          .getByRole("button", { name: /single sign-on/i })
          .first()
          .click();
        await fillSignIn(page, oidc.issuer, member.username, member.password);
        await page.getByText("mlflow-vision", { exact: true }).first().waitFor();
        await visit(page, urls.mlflow);
        await page.getByRole("link", { name: "vision", exact: true }).waitFor();
        expect(page.url().startsWith(urls.mlflow)).toBe(true);
      },
      MINUTES,
    );

    it(
      "finds the team's bucket in the console and no other, and can make no key that would outlive the session",
      async () => {
        const { page } = member;
        await visit(page, scene().stack.outputs.urls.console);
        const asked = (path: string, init: object): Promise<{ status: number; body: string }> =>
          page.evaluate(
            ([to, options]) =>
              fetch(to, options).then(async (answer) => ({
                status: answer.status,
                body: await answer.text(),
              })),
            [path, init] as const,
          );
        const buckets = JSON.parse((await asked("/api/v1/buckets", {})).body) as {
          buckets: { name: string }[];
        };
        expect(buckets.buckets.map(({ name }) => name)).toEqual(["mlflow-vision"]);
        const key = await asked("/api/v1/service-account-credentials", {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ accessKey: "outlives-me", secretKey: "a-secret-of-my-own", policy: "" }),
        });
        expect([key.status, key.body]).toEqual([403, expect.stringMatching(/access denied/i)]);
      },
      MINUTES,
    );

    it(
      "makes a personal access token on the permission page, for tools that know only name and password",
      async () => {
        const { urls } = scene().stack.outputs;
        const { page } = member;
        await visit(page, `${urls.mlflow}/oidc/ui/user`);
        await page.getByRole("link", { name: "Tokens", exact: true }).click();
        await page.getByRole("button", { name: "Create token" }).click();
        await page.getByLabel(/^Name/).fill("notebook");
        await page.getByRole("button", { name: "Create token" }).last().click();
        const token = await page.getByLabel("Token", { exact: true }).inputValue();
        expect(token).toMatch(/^mlf_[0-9a-f]{8}_/);
        const workspaces = async (username: string): Promise<string> => {
          const answer = await http(`${urls.mlflow}/api/3.0/mlflow/workspaces`, {
            headers: { Authorization: `Basic ${Buffer.from(`${username}:${token}`).toString("base64")}` },
          });
          return `${answer.status} ${answer.text}`;
        };
        expect(await workspaces(member.username)).toMatch(/^200 .*"vision"/s);
        // It is this person's and nobody else's.
        expect(await workspaces("ada")).toMatch(/^401 /);
      },
      MINUTES,
    );

    it(
      "is served whatever is asked at once with the first token",
      async () => {
        const { urls } = scene().stack.outputs;
        for (let number = 1; number <= NEWCOMERS; number += 1) {
          const { access_token: token } = await (await newMember(`newcomer-${number}`)).token();
          const answers = await Promise.all(
            Array.from({ length: AT_ONCE }, () =>
              http(`${urls.mlflow}/api/2.0/mlflow/experiments/search`, {
                method: "POST",
                headers: { Authorization: `Bearer ${token}`, "X-MLFLOW-WORKSPACE": "vision" },
                json: { max_results: 1 },
              }),
            ),
          );
          expect(answers.filter(({ status }) => status !== 200).map(({ text }) => text)).toEqual([]);
        }
      },
      3 * MINUTES,
    );
  });
}
