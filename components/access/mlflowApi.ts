/**
 * Calls to MLflow's REST API for the dynamic resources of this folder. The code is stored with each resource
 * and runs in the engine's process for such resources: it uses what Node has by itself, and gets every secret as an input.
 */

/** How to reach MLflow, and as whom. Inputs of every resource here. */
export interface Connection {
  /** MLflow on its loopback port, no trailing slash. */
  readonly apiUrl: string;
  /** The realm's token endpoint on Keycloak's loopback port. */
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** An answer: its status and its body, parsed where it is JSON. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Milliseconds for one call. */
const TIMEOUT = 30_000;

async function accessToken(connection: Connection): Promise<string> {
  const response = await fetch(connection.tokenUrl, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: connection.clientId,
      client_secret: connection.clientSecret,
    }),
    signal: AbortSignal.timeout(TIMEOUT),
  });
  const body = (await response.json()) as { access_token?: string; error_description?: string };
  if (body.access_token === undefined) {
    throw new Error(
      `Keycloak gave no token to ${connection.clientId} (HTTP ${response.status}: ${body.error_description ?? "no reason"}); ` +
        "MLflow's workspaces and grants cannot be managed until it does. Run `npm run status`, then `npm run up` again.",
    );
  }
  return body.access_token;
}

/**
 * One call as the provisioner.
 *
 * @param expected - statuses that are no error
 * @param workspace - the workspace that the call is about, where its path does not say so
 * @throws Error with MLflow's own message for any other status
 */
export async function call(
  connection: Connection,
  method: string,
  path: string,
  expected: readonly number[],
  body?: unknown,
  workspace?: string,
): Promise<Answer> {
  const response = await fetch(`${connection.apiUrl}${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${await accessToken(connection)}`,
      "Content-Type": "application/json",
      ...(workspace === undefined ? {} : { "X-MLFLOW-WORKSPACE": workspace }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(TIMEOUT),
  });
  const text = await response.text();
  let parsed: unknown = text;
  try {
    parsed = JSON.parse(text);
  } catch {
    // An empty or plain answer stays text.
  }
  if (!expected.includes(response.status)) {
    throw new Error(`MLflow refused ${method} ${path} (HTTP ${response.status}): ${text.slice(0, 500)}`);
  }
  return { status: response.status, body: parsed };
}
