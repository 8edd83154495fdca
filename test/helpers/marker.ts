import { z } from "zod";
import type { StackOutputs } from "../../cli/smoke";
import { jsonOf } from "../../cli/smoke/http";
import { MlflowApi } from "../../cli/smoke/mlflow";
import { clientTokens } from "../../cli/smoke/tokens";

/** A run with one parameter, which a later read must find again. */
export interface Marker {
  readonly runId: string;
  readonly value: string;
}

const experimentSchema = z.object({ experiment_id: z.string() });
const runSchema = z.object({
  run: z.object({
    info: z.object({ run_id: z.string() }),
    data: z.object({ params: z.array(z.object({ key: z.string(), value: z.string() })).default([]) }),
  }),
});

/** Logs a run as the service account of team vision. */
export async function addMarker(outputs: StackOutputs): Promise<Marker> {
  const value = `marker-${Date.now()}`;
  const api = vision(outputs);
  const post = async (path: string, json: unknown): Promise<unknown> =>
    jsonOf(await api.call(`/api/2.0/mlflow/${path}`, { method: "POST", json }), path);
  const { experiment_id } = experimentSchema.parse(await post("experiments/create", { name: value }));
  const { run } = runSchema.parse(await post("runs/create", { experiment_id }));
  await post("runs/log-parameter", { run_id: run.info.run_id, key: "marker", value });
  return { runId: run.info.run_id, value };
}

/** The parameter of a marker's run, as MLflow has it now. */
export async function readMarker(outputs: StackOutputs, marker: Marker): Promise<string | undefined> {
  const answer = await vision(outputs).call("/api/2.0/mlflow/runs/get", { query: { run_id: marker.runId } });
  const { run } = runSchema.parse(jsonOf(answer, "the marker's run"));
  return run.data.params.find(({ key }) => key === "marker")?.value;
}

function vision(outputs: StackOutputs): MlflowApi {
  const account = outputs.credentials.serviceAccounts["vision-ci"];
  if (account === undefined) throw new Error("the stack has no service account vision-ci");
  return new MlflowApi(outputs.urls.mlflow, clientTokens(outputs.oidc.issuer, account), "vision");
}
