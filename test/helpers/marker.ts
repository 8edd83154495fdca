import type { StackOutputs } from "../../cli/smoke";

/** A run with one parameter, which a later read must find again. */
export interface Marker {
  readonly runId: string;
  readonly value: string;
}

/** Logs a run as the service account of team vision. */
export async function addMarker(outputs: StackOutputs): Promise<Marker> {
  const value = `marker-${Date.now()}`;
  const api = await client(outputs);
  const { experiment_id } = await api<{ experiment_id: string }>("experiments/create", { name: value });
  const { run } = await api<{ run: { info: { run_id: string } } }>("runs/create", { experiment_id });
  await api("runs/log-parameter", { run_id: run.info.run_id, key: "marker", value });
  return { runId: run.info.run_id, value };
}

/** The parameter of a marker's run, as MLflow has it now. */
export async function readMarker(outputs: StackOutputs, marker: Marker): Promise<string | undefined> {
  const api = await client(outputs);
  const { run } = await api<{ run: { data: { params?: { key: string; value: string }[] } } }>(
    `runs/get?run_id=${marker.runId}`,
  );
  return run.data.params?.find(({ key }) => key === "marker")?.value;
}

async function client(outputs: StackOutputs) {
  const account = outputs.credentials.serviceAccounts["vision-ci"];
  if (account === undefined) throw new Error("the stack has no service account vision-ci");
  const answer = await fetch(`${outputs.oidc.issuer}/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: account.clientId,
      client_secret: account.clientSecret,
    }),
  });
  const { access_token } = (await answer.json()) as { access_token: string };
  return async <T>(path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${outputs.urls.mlflow}/api/2.0/mlflow/${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        Authorization: `Bearer ${access_token}`,
        "Content-Type": "application/json",
        "X-MLFLOW-WORKSPACE": "vision",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status} ${text}`);
    return JSON.parse(text || "{}") as T;
  };
}
