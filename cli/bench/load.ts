import { excerpt } from "../smoke/http";
import type { Subject } from "./subject";

/** Requests of the mix, in their order. */
export const ROUTES = ["experiments/search", "runs/get", "runs/log-batch"] as const;
export type Route = (typeof ROUTES)[number];

/** Metrics that one log-batch writes. */
const METRICS = 10;

/** What one round of load gave. */
export interface LoadResult {
  /** Answers per second. */
  readonly perSecond: number;
  /** Milliseconds of every answer, by request. */
  readonly latencies: Readonly<Record<Route, readonly number[]>>;
}

/**
 * Makes the mix of requests for some seconds. Each caller waits for its answer before it makes the next request.
 *
 * @param runId - the run that is read and written
 * @param callers - callers at once
 * @param seconds - at least 1
 * @throws Error when any answer was not good: what is measured must be work that was done
 */
export async function load(
  subject: Subject,
  runId: string,
  callers: number,
  seconds: number,
): Promise<LoadResult> {
  const headers = { ...(await subject.headers()), "content-type": "application/json" };
  const latencies: Record<Route, number[]> = {
    "experiments/search": [],
    "runs/get": [],
    "runs/log-batch": [],
  };
  let route: Route = ROUTES[0];
  let refusal: string | undefined;
  const seen = (answered: Route) => (status: number, body: string) => {
    // The answer's time is told right after this, by the event below.
    route = answered;
    if (status !== 200) refusal ??= `${answered} got HTTP ${status}: ${excerpt(body)}`;
  };
  // Loaded here: no other verb needs it, and it takes its time.
  const { default: autocannon } = await import("autocannon");
  const { duration, errors, timeouts } = await autocannon({
    url: subject.base,
    connections: callers,
    duration: seconds,
    timeout: 30,
    setupClient: (client) => {
      // The load generator's own figures are rounded to whole milliseconds.
      client.on("response", (_status, _bytes, milliseconds) => latencies[route].push(milliseconds));
    },
    requests: [
      {
        method: "POST",
        path: "/api/2.0/mlflow/experiments/search",
        headers,
        body: JSON.stringify({ max_results: 100, filter: `name LIKE '${subject.prefix}%'` }),
        onResponse: seen("experiments/search"),
      },
      {
        method: "GET",
        path: `/api/2.0/mlflow/runs/get?run_id=${runId}`,
        headers,
        onResponse: seen("runs/get"),
      },
      {
        method: "POST",
        path: "/api/2.0/mlflow/runs/log-batch",
        headers,
        setupRequest: (request) => ({ ...request, body: metricsBody(runId) }),
        onResponse: seen("runs/log-batch"),
      },
    ],
  });
  if (refusal !== undefined) throw new Error(`${subject.name}: ${refusal}`);
  if (errors + timeouts > 0) {
    throw new Error(`${subject.name}: ${errors} connections failed, ${timeouts} requests timed out`);
  }
  const count = ROUTES.reduce((sum, name) => sum + latencies[name].length, 0);
  return { perSecond: count / duration, latencies };
}

let step = 0;

/** Metrics of a step that was never written: MLflow looks twice at what it has already. */
function metricsBody(runId: string): string {
  step += 1;
  const timestamp = Date.now();
  return JSON.stringify({
    run_id: runId,
    metrics: Array.from({ length: METRICS }, (_, index) => ({
      key: `metric-${index}`,
      value: Math.random(),
      timestamp,
      step,
    })),
  });
}

/**
 * Makes sure that a round can be judged by.
 *
 * @throws Error when some request was never answered
 */
export function complete(subject: Subject, result: LoadResult): LoadResult {
  const silent = ROUTES.find((route) => result.latencies[route].length === 0);
  if (silent === undefined) return result;
  throw new Error(
    `${subject.name}: not one ${silent} was answered in a whole round: the machine is too busy to measure anything`,
  );
}
