import { z } from "zod";
import { messageOf } from "../../errors";
import type { Check } from "../check";
import type { SmokeContext } from "../context";
import { adminApi } from "../mlflow";
import { experimentName } from "../names";
import { adminS3, type Location, listObjects, parseS3Url, removeObjects } from "../objects";
import { runClient } from "../python";

const findingsSchema = z.looseObject({
  experimentId: z.string(),
  runId: z.string(),
  artifactUri: z.string(),
  sha256: z.string(),
  bytes: z.number(),
  version: z.string(),
  at: z.number(),
});

/** The main job of the platform: a team's program logs a run with a large artifact and registers a model. */
export const clientLogs: Check = {
  id: "client",
  title: "its Python client logs a run and 20 MB, registers a model, reads all of it back",
  needs: ["account"],
  async run(context) {
    const { outputs, facts, id } = context;
    const { team, token } = facts.take("account");
    const workspace = workspaceOf(context, team);
    const name = experimentName(id);
    context.cleanup.add(`experiment and registered model ${name} in workspace ${workspace}`, () =>
      removeRun(context, team, name),
    );
    const env = {
      ...outputs.clientEnv,
      MLFLOW_TRACKING_URI: outputs.urls.mlflow,
      MLFLOW_TRACKING_TOKEN: await token(),
      MLFLOW_WORKSPACE: workspace,
      MLFLOW_DISABLE_TELEMETRY: "true",
      ...(outputs.settings.artifacts === "direct"
        ? { MLFLOW_S3_ENDPOINT_URL: outputs.urls.s3, AWS_DEFAULT_REGION: outputs.s3.region }
        : {}),
    };
    const job = { experiment: name, model: name, artifacts: outputs.settings.artifacts, s3: outputs.urls.s3 };
    const findings = findingsSchema.parse(await runClient(outputs, { env, job }, context));
    facts.put("run", findings);
    return `mlflow ${findings.version}, ${outputs.settings.artifacts} artifacts, client busy ${findings.at.toFixed(1)} s`;
  },
};

/** The artifact lies where the team's outputs say, whole. */
export const objectInPlace: Check = {
  id: "object",
  title: "the artifact lies under the team's artifact root",
  needs: ["client"],
  async run({ outputs, facts }) {
    const { team } = facts.take("account");
    const run = facts.take("run");
    const root = rootOf(outputs.teams[team]);
    const objects = await listObjects(adminS3(outputs), {
      ...root,
      prefix: `${root.prefix}${run.experimentId}/`,
    });
    const artifact = objects.find(
      ({ key }) => key.includes(`/${run.runId}/`) && key.endsWith("/data/artifact.bin"),
    );
    if (artifact === undefined) {
      throw new Error(
        `nothing of run ${run.runId} below s3://${root.bucket}/${root.prefix}${run.experimentId}/ ` +
          `(${objects.length} other objects); the run says ${run.artifactUri}`,
      );
    }
    if (artifact.size !== run.bytes) {
      throw new Error(`s3://${root.bucket}/${artifact.key} has ${artifact.size} bytes, not ${run.bytes}`);
    }
    return `s3://${root.bucket}/${artifact.key}`;
  },
};

/** Removes an experiment with all it holds, and the registered model of the same name, for good. */
export async function removeRun(
  context: SmokeContext,
  team: string,
  name: string,
): Promise<string | undefined> {
  const { outputs } = context;
  const api = adminApi(outputs, workspaceOf(context, team));
  const removed: string[] = [];
  const failures: string[] = [];
  if (await api.deleteModel(name)) {
    removed.push(`model ${name}`);
  }
  const experiment = await api.experimentByName(name);
  if (experiment !== undefined) {
    try {
      await api.deleteExperiment(experiment);
      removed.push(`experiment ${name}`);
    } catch (error) {
      failures.push(messageOf(error));
    }
    const root = rootOf(outputs.teams[team]);
    const objects = await removeObjects(adminS3(outputs), {
      ...root,
      prefix: `${root.prefix}${experiment.experiment_id}/`,
    });
    removed.push(`${objects} object versions`);
  }
  if (failures.length > 0) {
    throw new Error(failures.join("; "));
  }
  return removed.length === 0 ? undefined : removed.join(", ");
}

function rootOf(team: { readonly artifactRoot: string } | undefined): Location {
  if (team === undefined) {
    throw new Error("the team is not among the stack's outputs");
  }
  return parseS3Url(team.artifactRoot);
}

function workspaceOf({ outputs }: SmokeContext, team: string): string {
  return outputs.teams[team]?.workspace ?? team;
}
