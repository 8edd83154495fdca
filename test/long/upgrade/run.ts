import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { StackOutputs } from "../../../cli/smoke";
import { expectStatus, http, jsonOf } from "../../../cli/smoke/http";
import { MlflowApi } from "../../../cli/smoke/mlflow";
import { clientTokens } from "../../../cli/smoke/tokens";

const TEAM = "vision";
const experimentSchema = z.object({ experiment_id: z.string() });
const runSchema = z.object({
  run: z.object({
    info: z.object({ run_id: z.string(), status: z.string() }),
    data: z.object({ params: z.array(z.object({ key: z.string(), value: z.string() })).default([]) }),
  }),
});

/** A finished run with a parameter and an artifact. */
export interface LoggedRun {
  readonly id: string;
  readonly parameter: string;
  /** Below MLflow's artifacts. */
  readonly path: string;
  readonly artifact: string;
}

/** Logs a run as the service account of team vision. */
export async function logRun(outputs: StackOutputs): Promise<LoggedRun> {
  const { api, token } = vision(outputs);
  const value = randomUUID();
  const post = async (path: string, json: unknown): Promise<unknown> =>
    jsonOf(await api.call(`/api/2.0/mlflow/${path}`, { method: "POST", json }), path);
  const { experiment_id: experiment } = experimentSchema.parse(
    await post("experiments/create", { name: `before-${value}` }),
  );
  const { run } = runSchema.parse(await post("runs/create", { experiment_id: experiment }));
  const id = run.info.run_id;
  await post("runs/log-parameter", { run_id: id, key: "before", value });
  await post("runs/update", { run_id: id, status: "FINISHED" });
  const path = `workspaces/${TEAM}/${experiment}/${id}/artifacts/before.txt`;
  const artifact = `logged before the upgrade: ${value}`;
  const put = await fetch(`${outputs.urls.mlflow}/api/2.0/mlflow-artifacts/artifacts/${path}`, {
    method: "PUT",
    body: artifact,
    headers: { "X-MLFLOW-WORKSPACE": TEAM, Authorization: `Bearer ${await token()}` },
  });
  if (put.status !== 200) throw new Error(`the artifact was refused (HTTP ${put.status})`);
  return { id, parameter: value, path, artifact };
}

/** The same run as the team finds it now, read by the same account. */
export async function readRun(outputs: StackOutputs, { id, path }: LoggedRun): Promise<LoggedRun> {
  const { api, token } = vision(outputs);
  const answer = await api.call("/api/2.0/mlflow/runs/get", { query: { run_id: id } });
  const { run } = runSchema.parse(jsonOf(answer, "the run"));
  const got = await http(`${outputs.urls.mlflow}/api/2.0/mlflow-artifacts/artifacts/${path}`, {
    headers: { "X-MLFLOW-WORKSPACE": TEAM, Authorization: `Bearer ${await token()}` },
  });
  expectStatus(got, "the artifact", [200]);
  const parameter = run.data.params.find(({ key }) => key === "before")?.value ?? "";
  return { id: run.info.run_id, parameter, path, artifact: got.text };
}

function vision({ credentials, oidc, urls }: StackOutputs): { api: MlflowApi; token: () => Promise<string> } {
  const account = credentials.serviceAccounts["vision-ci"];
  if (account === undefined) throw new Error("the stack has no service account vision-ci");
  const token = clientTokens(oidc.issuer, account);
  return { api: new MlflowApi(urls.mlflow, token, TEAM), token };
}
