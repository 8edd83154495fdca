import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { Cleanup } from "../smoke/cleanup";
import { http, jsonOf } from "../smoke/http";
import { MlflowApi, adminApi } from "../smoke/mlflow";
import { adminS3, removeObjects } from "../smoke/objects";
import type { StackOutputs } from "../smoke/outputs";
import { clientTokens } from "../smoke/tokens";
import { ARTIFACT_BUCKET, objectName } from "../../lib/names";
import type { StockServer } from "./stockServer";
import { UserError } from "../errors";

/** An MLflow server that is measured, with what a caller needs there. */
export interface Subject {
  readonly name: "platform" | "without NGINX" | "stock";
  /** Address, no trailing slash. */
  readonly base: string;
  /** Headers of every request; tokens in them are valid for a minute at least. */
  headers(): Promise<Record<string, string>>;
  /** Experiments with this prefix were made for the measurement. */
  readonly prefix: string;
  readonly experimentId: string;
  /** Containers that work for a request. */
  readonly containers: readonly string[];
}

const experimentSchema = z.object({ experiment_id: z.string() });
const runSchema = z.object({
  run: z.object({ info: z.object({ run_id: z.string(), artifact_uri: z.string() }) }),
});

/** Experiments that a search finds: as many as a team has after some weeks. */
const EXPERIMENTS = 10;

/**
 * The stack's MLflow as a team's service account reaches it: through NGINX, and on the loopback port behind it.
 * The experiments are made here and removed by the clean-up.
 */
export async function platformSubjects(outputs: StackOutputs, cleanup: Cleanup): Promise<[Subject, Subject]> {
  const { team, token } = await anyAccount(outputs);
  const prefix = newPrefix();
  const workspace = outputs.teams[team]?.workspace ?? team;
  const headers = async (): Promise<Record<string, string>> => ({
    authorization: `Bearer ${await token()}`,
    "x-mlflow-workspace": workspace,
  });
  cleanup.add(`the experiments ${prefix}…`, async () => {
    const admin = adminApi(outputs, workspace);
    const experiments = await admin.experimentsBeginningWith(prefix);
    for (const experiment of experiments) {
      await admin.deleteExperiment(experiment);
      await removeObjects(adminS3(outputs), {
        bucket: ARTIFACT_BUCKET,
        prefix: `workspaces/${workspace}/${experiment.experiment_id}/`,
      });
    }
    return `${experiments.length} experiments`;
  });
  const base = outputs.urls.mlflow;
  const experimentId = await makeExperiments({ base, headers, prefix });
  const common = { headers, prefix, experimentId };
  const [nginx, mlflow, postgres] = (["nginx", "mlflow", "postgres"] as const).map((service) =>
    objectName(outputs.settings.stack, service),
  ) as [string, string, string];
  return [
    { name: "platform", base, ...common, containers: [nginx, mlflow, postgres] },
    {
      name: "without NGINX",
      base: outputs.providerEndpoints.mlflow,
      ...common,
      containers: [mlflow, postgres],
    },
  ];
}

/** A stock server as anybody reaches it. It is thrown away as a whole. */
export async function stockSubject({ base, containers }: StockServer): Promise<Subject> {
  const prefix = newPrefix();
  const headers = (): Promise<Record<string, string>> => Promise.resolve({});
  const experimentId = await makeExperiments({ base, headers, prefix });
  return { name: "stock", base, headers, prefix, experimentId, containers };
}

/** A new run in the subject's experiment. */
export async function newRun(subject: Subject): Promise<{ runId: string; artifactUri: string }> {
  const answer = await http(`${subject.base}/api/2.0/mlflow/runs/create`, {
    method: "POST",
    headers: await subject.headers(),
    json: { experiment_id: subject.experimentId, start_time: Date.now(), run_name: subject.prefix },
  });
  const { info } = runSchema.parse(jsonOf(answer, `a new run in ${subject.name}`)).run;
  return { runId: info.run_id, artifactUri: info.artifact_uri };
}

async function makeExperiments(subject: Pick<Subject, "base" | "headers" | "prefix">): Promise<string> {
  const ids: string[] = [];
  for (let number = 1; number <= EXPERIMENTS; number += 1) {
    const answer = await http(`${subject.base}/api/2.0/mlflow/experiments/create`, {
      method: "POST",
      headers: await subject.headers(),
      json: { name: `${subject.prefix}-${number}` },
    });
    ids.push(experimentSchema.parse(jsonOf(answer, "a new experiment")).experiment_id);
  }
  return ids[0] ?? "";
}

async function anyAccount(
  outputs: StackOutputs,
): Promise<{ readonly team: string; readonly token: () => Promise<string> }> {
  for (const client of Object.values(outputs.credentials.serviceAccounts)) {
    const token = clientTokens(outputs.oidc.issuer, client);
    const seen = await new MlflowApi(outputs.urls.mlflow, token, undefined).workspaces();
    const team = Object.keys(outputs.teams).find((name) =>
      seen.includes(outputs.teams[name]?.workspace ?? ""),
    );
    if (team !== undefined) return { team, token };
  }
  const { stack } = outputs.settings;
  throw new UserError(
    `Stack ${stack} has no service account that may enter a team's workspace, so nobody could make the requests.`,
    `Add one under teams[].serviceAccounts in Pulumi.${stack}.yaml, then: npm run up -- --stack ${stack}`,
  );
}

function newPrefix(): string {
  return `bench-${randomBytes(6).toString("hex")}`;
}
