import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { finished } from "node:stream/promises";

const MIB = 2 ** 20;
/** Sent again and again: random, so that nothing on the way can make it smaller. */
const CHUNK = randomBytes(MIB);
/** Longest wait for one transfer. */
const LIMIT_MILLISECONDS = 300_000;

/**
 * Sends bytes that are made as they go.
 *
 * @returns MiB per second, until the answer was there
 * @throws Error for any answer but a good one
 */
export async function upload(
  url: string,
  headers: Readonly<Record<string, string>>,
  mebibytes: number,
): Promise<number> {
  const started = performance.now();
  const sending = open("PUT", url, {
    ...headers,
    "content-type": "application/octet-stream",
    "content-length": String(mebibytes * MIB),
  });
  const answered = answerOf(sending);
  // Where the server refuses early, writing fails first and the answer says why.
  const sent = send(sending, mebibytes).catch(() => undefined);
  const answer = await answered;
  await drain(answer);
  await sent;
  expectGood(answer, `upload to ${url}`);
  return mebibytes / seconds(started);
}

/**
 * Receives bytes and drops them.
 *
 * @returns MiB per second
 * @throws Error for any answer but a good one of the expected length
 */
export async function download(
  url: string,
  headers: Readonly<Record<string, string>>,
  mebibytes: number,
): Promise<number> {
  const started = performance.now();
  const asking = open("GET", url, headers);
  const answered = answerOf(asking);
  asking.end();
  const answer = await answered;
  const bytes = await drain(answer);
  expectGood(answer, `download of ${url}`);
  if (bytes !== mebibytes * MIB) {
    throw new Error(`download of ${url}: ${bytes} bytes came instead of ${mebibytes * MIB}`);
  }
  return mebibytes / seconds(started);
}

function open(method: string, url: string, headers: Readonly<Record<string, string>>): ClientRequest {
  return request(url, { method, headers, signal: AbortSignal.timeout(LIMIT_MILLISECONDS) });
}

async function answerOf(asked: ClientRequest): Promise<IncomingMessage> {
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  return answer;
}

async function send(sending: ClientRequest, mebibytes: number): Promise<void> {
  for (let number = 0; number < mebibytes; number += 1) {
    if (!sending.write(CHUNK)) await once(sending, "drain");
  }
  sending.end();
  await finished(sending);
}

async function drain(answer: IncomingMessage): Promise<number> {
  let bytes = 0;
  answer.on("data", (chunk: Buffer) => (bytes += chunk.length));
  await finished(answer);
  return bytes;
}

function expectGood({ statusCode }: IncomingMessage, what: string): void {
  if (statusCode !== 200) throw new Error(`${what}: expected HTTP 200, got ${statusCode ?? "none"}`);
}

function seconds(since: number): number {
  return (performance.now() - since) / 1000;
}
