import plain from "node:http";
import secure from "node:https";
import { text } from "node:stream/consumers";
import type { Reach } from "./reach";

/** Who makes requests: until when, and by which way. */
export interface Caller {
  /** Ends what is under way. */
  readonly signal?: AbortSignal | undefined;
  /** The way to the platform's public addresses. @default the system's names and Node's CAs */
  readonly reach?: Reach | undefined;
}

/** A request that the smoke test makes as a caller of the platform. */
export interface HttpRequest extends Caller {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as a form. */
  readonly form?: Readonly<Record<string, string>>;
  /** Query parameters that are appended to the URL. */
  readonly query?: Readonly<Record<string, string>>;
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
  const headers: Record<string, string> = { ...request.headers };
  let body: string | undefined;
  if (request.json !== undefined) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(request.json);
  } else if (request.form !== undefined) {
    headers["Content-Type"] = "application/x-www-form-urlencoded";
    body = new URLSearchParams(request.form).toString();
  }
  // Node sends a body with DELETE, but says nothing of its length.
  if (body !== undefined) headers["Content-Length"] = String(Buffer.byteLength(body));
  const timeout = AbortSignal.timeout(TIMEOUT_MILLISECONDS);
  const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
  // Without a way of its own, an agent for this request alone: no connection outlives its answer.
  const agent = request.reach?.agent(target.protocol) ?? false;
  try {
    return await exchange(target, { method, headers, signal, agent }, body);
  } catch (error) {
    const cause = timeout.aborted ? `nothing within ${TIMEOUT_MILLISECONDS / 1000} s` : causeOf(error);
    throw new Error(`${method} ${target.origin}${target.pathname} got no answer: ${cause}`, { cause: error });
  }
}

function exchange(target: URL, options: plain.RequestOptions, body: string | undefined): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const { request } = target.protocol === "https:" ? secure : plain;
    const call = request(target, options, (response) => {
      const headers = new Headers();
      for (const [name, values] of Object.entries(response.headersDistinct)) {
        for (const value of values ?? []) headers.append(name, value);
      }
      text(response).then(
        (read) => resolve({ status: response.statusCode ?? 0, headers, text: read }),
        reject,
      );
    });
    call.on("error", reject);
    call.end(body);
  });
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

/** What OpenSSL calls a certificate whose CA is not known. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** What kept a connection from being made, in words. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? String(error.code) : "";
  if (UNTRUSTED.has(code)) {
    return `no CA that is trusted here has signed its certificate (${code}); name the CA: npm run smoke -- --ca FILE`;
  }
  // Several addresses tried give an AggregateError without a message.
  return error.message === "" ? code : error.message;
}
