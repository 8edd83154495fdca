/** A request that the smoke test makes as a caller of the platform. */
export interface HttpRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as a form. */
  readonly form?: Readonly<Record<string, string>>;
  /** Query parameters that are appended to the URL. */
  readonly query?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** An answer, body read. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Longest wait for one answer. MLflow's slowest call here (removing an experiment for good) takes seconds. */
const TIMEOUT_MILLISECONDS = 30_000;

/**
 * Makes one request. Redirects are answers like others: where they lead is often what is checked.
 *
 * @throws Error naming method, URL (without query) and cause when there is no answer
 */
export async function http(url: string, request: HttpRequest = {}): Promise<HttpAnswer> {
  const target = new URL(url);
  for (const [name, value] of Object.entries(request.query ?? {})) {
    target.searchParams.set(name, value);
  }
  const method = request.method ?? "GET";
  const headers = new Headers(request.headers);
  let body: string | URLSearchParams | undefined;
  if (request.json !== undefined) {
    headers.set("Content-Type", "application/json");
    body = JSON.stringify(request.json);
  } else if (request.form !== undefined) {
    body = new URLSearchParams(request.form);
  }
  const timeout = AbortSignal.timeout(TIMEOUT_MILLISECONDS);
  const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
  try {
    const response = await fetch(target, {
      method,
      headers,
      redirect: "manual",
      signal,
      ...(body === undefined ? {} : { body }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  } catch (error) {
    throw new Error(`${method} ${target.origin}${target.pathname} got no answer: ${causeOf(error)}`, {
      cause: error,
    });
  }
}

/**
 * Reads an answer as JSON after checking its status.
 *
 * @param what - what was asked, for the error
 * @param statuses - the statuses that count as success
 */
export function jsonOf(answer: HttpAnswer, what: string, statuses: readonly number[] = [200]): unknown {
  expectStatus(answer, what, statuses);
  try {
    return JSON.parse(answer.text);
  } catch {
    throw new Error(`${what}: the answer is no JSON: ${excerpt(answer.text)}`);
  }
}

/** Throws unless the answer has one of the statuses. */
export function expectStatus(answer: HttpAnswer, what: string, statuses: readonly number[]): void {
  if (!statuses.includes(answer.status)) {
    throw new Error(
      `${what}: expected HTTP ${statuses.join(" or ")}, got ${answer.status}: ${excerpt(answer.text)}`,
    );
  }
}

/** First part of a text, on one line, for an error. */
export function excerpt(text: string, length = 200): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > length ? `${line.slice(0, length)}…` : line;
}

function causeOf(error: unknown): string {
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return `nothing within ${TIMEOUT_MILLISECONDS / 1000} s`;
  }
  if (error instanceof Error && error.cause instanceof Error) {
    // fetch says only "fetch failed"; several addresses tried give an AggregateError without a message.
    const { cause } = error;
    return "code" in cause && cause.message === "" ? String(cause.code) : cause.message;
  }
  return error instanceof Error ? error.message : String(error);
}
