import { fillSignIn, onPage, visit } from "../browser";
import { type Check, NotApplicable } from "../check";
import type { SmokeContext, TeamAccount } from "../context";
import { expectStatus } from "../http";
import { MlflowApi } from "../mlflow";
import { experimentName } from "../names";
import { adminS3, s3Client, webIdentityKeys } from "../objects";
import { claimsOf, deviceToken, hasAudience } from "../tokens";
import { approveDevice } from "./device";
import { makePerson } from "./people";

/** Without a token the API gives nothing away, neither runs nor artifacts. */
export const anonymousRefused: Check = {
  id: "anonymous",
  title: "an anonymous API call is refused",
  needs: ["mlflow"],
  async run(context) {
    const { outputs } = context;
    const workspace = Object.values(outputs.teams)[0]?.workspace;
    const api = new MlflowApi(outputs.urls.mlflow, undefined, workspace, context);
    const search = await api.call("/api/2.0/mlflow/experiments/search", {
      method: "POST",
      json: { max_results: 1 },
    });
    expectStatus(search, "an anonymous search for experiments", [401]);
    const artifacts = await api.call("/api/2.0/mlflow-artifacts/artifacts");
    expectStatus(artifacts, "an anonymous listing of artifacts", [401]);
    return "HTTP 401";
  },
};

/** Somebody in no team has a valid password, but gets neither a session nor an answer by token. */
export const outsiderRefused: Check = {
  id: "outsider",
  title: "somebody in no team is told so and gets no session",
  needs: ["mlflow", "auth"],
  async run(context) {
    const { outputs, facts } = context;
    const outsider = await makePerson(context, "outsider", undefined);
    const { page } = outsider;
    facts.put("outsider", outsider);
    await onPage(context, page, "outsider", async () => {
      await visit(page, outputs.urls.mlflow);
      await fillSignIn(page, outputs.oidc.issuer, outsider.username, outsider.password);
      await page
        .getByText(/not allowed to log ?in/i)
        .first()
        .waitFor();
      // Asked by the page itself, with the browser's cookies and the CA that it trusts.
      const current = await page.evaluate<number>(
        `fetch("/api/2.0/mlflow/users/current").then((answer) => answer.status)`,
      );
      if (current !== 401) {
        throw new Error(`the browser was refused on the page, but the API answers it with HTTP ${current}`);
      }
    });
    return outsider.username;
  },
};

/** Nor does a token of theirs help, although Keycloak issues a valid one for MLflow. */
export const outsiderTokenRefused: Check = {
  id: "outsider-token",
  title: "a token of somebody in no team is refused",
  needs: ["outsider"],
  async run(context) {
    const { outputs, facts } = context;
    const { page } = facts.take("outsider");
    const { issuer, cliClientId, audience } = outputs.oidc;
    let token = "";
    await onPage(context, page, "outsider-token", async () => {
      token = await deviceToken(issuer, cliClientId, (url) => approveDevice(page, url), context);
    });
    if (!hasAudience(claimsOf(token), audience)) {
      throw new Error(`the token is not meant for ${audience}, so its refusal would prove nothing`);
    }
    const api = new MlflowApi(outputs.urls.mlflow, () => Promise.resolve(token), undefined, context);
    expectStatus(await api.call("/api/3.0/mlflow/workspaces"), "MLflow with such a token", [401]);
    return "HTTP 401";
  },
};

/** Another team's service account is let in, but finds nothing of this team's. */
export const otherTeamRefused: Check = {
  id: "other-team",
  title: "another team's service account cannot read the experiment or the run",
  needs: ["client"],
  async run(context) {
    const { outputs, facts, id } = context;
    const { team } = facts.take("account");
    const other = otherAccount(context);
    const run = facts.take("run");
    const workspace = outputs.teams[team]?.workspace ?? team;
    const own = outputs.teams[other.team]?.workspace ?? other.team;
    const questions: [string, string, Record<string, string>][] = [
      ["the experiment", "/api/2.0/mlflow/experiments/get", { experiment_id: run.experimentId }],
      [
        "the experiment by name",
        "/api/2.0/mlflow/experiments/get-by-name",
        { experiment_name: experimentName(id) },
      ],
      ["the run", "/api/2.0/mlflow/runs/get", { run_id: run.runId }],
      ["the run's artifacts", "/api/2.0/mlflow/artifacts/list", { run_id: run.runId }],
      ["the artifact", "/get-artifact", { run_uuid: run.runId, path: "data/artifact.bin" }],
    ];
    if (outputs.settings.artifacts === "proxied") {
      const folder = `workspaces/${workspace}/${run.experimentId}/${run.runId}/artifacts/data`;
      questions.push([
        "the artifact by path",
        `/api/2.0/mlflow-artifacts/artifacts/${folder}/artifact.bin`,
        {},
      ]);
    }
    // By naming this team's workspace, and by passing this team's ids into its own.
    for (const claimed of [workspace, own]) {
      const api = new MlflowApi(outputs.urls.mlflow, other.token, claimed, context);
      for (const [what, path, query] of questions) {
        const answer = await api.call(path, { query });
        expectStatus(answer, `${other.name} asking for ${what} in workspace ${claimed}`, [403, 404]);
      }
    }
    return `${other.name} of ${other.team}`;
  },
};

/** Another team's sign-on token opens its own bucket in the object store, not this team's. */
export const otherTeamBucketRefused: Check = {
  id: "other-team-bucket",
  title: "another team's service account cannot list the bucket",
  needs: ["account", "s3"],
  async run(context) {
    const { outputs, facts } = context;
    const { team } = facts.take("account");
    const other = otherAccount(context);
    const keys = await webIdentityKeys(outputs.urls.s3, await other.token(), context);
    const client = s3Client(outputs.urls.s3, outputs.s3.region, keys, context.reach);
    const ownBucket = outputs.teams[other.team]?.bucket ?? "";
    // Its own bucket opens: the refusal below is a refusal and no broken key.
    await listing(client, ownBucket);
    const artifactBucket = new URL(outputs.teams[team]?.artifactRoot ?? "").hostname;
    const foreign = new Set([outputs.teams[team]?.bucket ?? "", artifactBucket]);
    for (const bucket of foreign) {
      if (!(await adminS3(outputs).bucketExists(bucket))) {
        throw new Error(`there is no bucket ${bucket}, so its refusal would prove nothing`);
      }
      const code = await listing(client, bucket).then(
        () => "listed",
        (error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : String(error)),
      );
      if (code !== "AccessDenied") {
        throw new Error(
          `${other.name} of ${other.team} asking for bucket ${bucket}: expected AccessDenied, got ${code}`,
        );
      }
    }
    return `${[...foreign].join(", ")}; its own ${ownBucket} opens`;
  },
};

/** A team holds MANAGE inside its workspace, but the workspace itself is the platform's. */
export const workspaceKept: Check = {
  id: "workspace",
  title: "a team cannot change its workspace or grant it to others",
  needs: ["account"],
  async run(context) {
    const { outputs, facts } = context;
    const { team, token } = facts.take("account");
    const workspace = outputs.teams[team]?.workspace ?? team;
    const api = new MlflowApi(outputs.urls.mlflow, token, workspace, context);
    // Were they let through, these would change nothing.
    const change = await api.call(`/api/3.0/mlflow/workspaces/${workspace}`, { method: "PATCH", json: {} });
    expectStatus(change, "changing the workspace", [403]);
    const grant = await api.call(`/api/3.0/mlflow/permissions/workspaces/${workspace}/users`, {
      method: "POST",
      json: {},
    });
    expectStatus(grant, "granting the workspace", [403]);
    return "HTTP 403";
  },
};

function otherAccount({ facts }: SmokeContext): TeamAccount {
  const other = facts.take("otherAccount");
  if (other === undefined) {
    throw new NotApplicable("only one team has a service account");
  }
  return other;
}

async function listing(client: ReturnType<typeof s3Client>, bucket: string): Promise<void> {
  const stream = client.listObjectsV2(bucket, "", false);
  // One entry is enough; the stream is closed after it.
  await stream[Symbol.asyncIterator]().next();
  stream.destroy();
}
