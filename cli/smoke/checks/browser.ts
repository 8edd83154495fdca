import { fillSignIn, onPage, visit, withoutQuery } from "../browser";
import type { Check } from "../check";
import { experimentName } from "../names";
import { MlflowApi } from "../mlflow";
import { deviceToken } from "../tokens";
import { approveDevice } from "./device";
import { makePerson } from "./people";

/** A member of the team signs in at MLflow's URL and finds the team's experiment. */
export const memberSeesExperiment: Check = {
  id: "browser",
  title: "a member signs in with the browser and sees the team's experiment",
  needs: ["client"],
  async run(context) {
    const { outputs, facts, id } = context;
    const { team } = facts.take("account");
    const workspace = outputs.teams[team]?.workspace ?? team;
    const member = await makePerson(context, "member", team);
    const { page } = member;
    await onPage(context, page, "browser", async () => {
      await visit(page, outputs.urls.mlflow);
      await fillSignIn(page, outputs.oidc.issuer, member.username, member.password);
      await page.waitForURL((url) => url.origin === new URL(outputs.urls.mlflow).origin);
      // The landing page lists the workspaces that the person may enter.
      await page.getByRole("link", { name: workspace, exact: true }).click();
      await page.getByRole("link", { name: "Experiments", exact: true }).click();
      await page.getByRole("link", { name: experimentName(id), exact: true }).waitFor();
    });
    facts.put("member", member);
    return `${member.username} in ${team}`;
  },
};

/** The console knows the person from the sign-in at MLflow, and shows the team's bucket. */
export const consoleWithoutPassword: Check = {
  id: "single-sign-on",
  title: "the console signs the same person in without a second password",
  needs: ["browser", "console"],
  async run(context) {
    const { outputs, facts } = context;
    const { page } = facts.take("member");
    const bucket = outputs.teams[facts.take("account").team]?.bucket ?? "";
    await onPage(context, page, "console", async () => {
      await visit(page, outputs.urls.console);
      await page
        .getByRole("button", { name: /sso|single sign-on|keycloak/i })
        .first()
        .click();
      const askedAgain = page.locator("#kc-login");
      const inside = page.getByText(bucket, { exact: true }).first();
      await askedAgain.or(inside).first().waitFor();
      if (await askedAgain.isVisible()) {
        throw new Error("Keycloak asked for the password a second time");
      }
    });
    return `bucket ${bucket} listed`;
  },
};

/** The command line: device flow in the browser's session, and the token opens MLflow. */
export const memberUsesTerminal: Check = {
  id: "terminal",
  title: "the same person signs in on the command line (device flow) and MLflow takes the token",
  needs: ["browser"],
  async run(context) {
    const { outputs, facts } = context;
    const { page } = facts.take("member");
    const { team } = facts.take("account");
    const { issuer, cliClientId } = outputs.oidc;
    let token = "";
    await onPage(context, page, "terminal", async () => {
      token = await deviceToken(issuer, cliClientId, (url) => approveDevice(page, url), context);
    });
    const workspace = outputs.teams[team]?.workspace ?? team;
    const api = new MlflowApi(outputs.urls.mlflow, () => Promise.resolve(token), workspace, context);
    if ((await api.experimentByName(experimentName(context.id))) === undefined) {
      throw new Error(`MLflow took the token, but shows no experiment ${experimentName(context.id)}`);
    }
    return undefined;
  },
};

/** After signing out, Keycloak wants the password again. */
export const memberSignsOut: Check = {
  id: "sign-out",
  title: "after signing out Keycloak asks for the password again",
  needs: ["browser"],
  async run(context) {
    const { outputs, facts } = context;
    const { page } = facts.take("member");
    await onPage(context, page, "sign-out", async () => {
      await visit(page, outputs.urls.mlflow);
      await page
        .getByRole("link", { name: "Logout" })
        .or(page.getByRole("button", { name: "Logout" }))
        .first()
        .click();
      await page.waitForURL((url) => url.pathname.startsWith("/oidc/ui/auth"));
      await visit(page, `${outputs.urls.mlflow}/login`);
      await page.waitForLoadState("domcontentloaded");
      if (!page.url().startsWith(`${outputs.oidc.issuer}/`)) {
        throw new Error(`signing in again led to ${withoutQuery(page.url())} without a password`);
      }
      await page.locator("#password").waitFor();
    });
    return undefined;
  },
};
