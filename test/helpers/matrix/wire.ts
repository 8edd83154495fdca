import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";
import type { WireAnswer, WireRequest } from "./types";

/** Requests under way at once. */
export const CONCURRENCY = 8;
/** Longest wait for one answer. */
const TIMEOUT_MILLISECONDS = 30_000;
/** Attempts where a connection that was kept open had been closed by the other side. */
const ATTEMPTS = 3;

/** Sends requests byte by byte over connections that are kept open. */
export class Wire {
  /** Requests made so far. */
  public count = 0;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  private readonly target: URL;

  /** @param base - address of the server, by plain http */
  public constructor(base: string) {
    this.target = new URL(base);
  }

  /** Sends one request. @throws Error naming it where there is no answer */
  public async send(asked: WireRequest): Promise<WireAnswer> {
    this.count += 1;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.exchange(asked);
      } catch (error) {
        const code = error instanceof Error && "code" in error ? error.code : undefined;
        if (code === "ECONNRESET" && attempt < ATTEMPTS) continue;
        throw new Error(`${asked.method} ${asked.path} got no answer: ${String(error)}`, { cause: error });
      }
    }
  }

  public close(): void {
    this.agent.destroy();
  }

  private exchange({ method, path, headers, body }: WireRequest): Promise<WireAnswer> {
    const { hostname, port, host } = this.target;
    const lines = [
      ["Host", host] as const,
      ...headers,
      ...(body === undefined ? [] : [["Content-Length", String(Buffer.byteLength(body))] as const]),
    ];
    return new Promise((resolve, reject) => {
      const call = request(
        {
          agent: this.agent,
          hostname,
          port,
          method,
          path,
          headers: lines.flat(),
          timeout: TIMEOUT_MILLISECONDS,
        },
        (answer) => {
          text(answer).then(
            (read) =>
              resolve({ status: answer.statusCode ?? 0, location: answer.headers.location, text: read }),
            reject,
          );
        },
      );
      call.on("timeout", () => call.destroy(new Error(`nothing within ${TIMEOUT_MILLISECONDS / 1000} s`)));
      call.on("error", reject);
      call.end(body);
    });
  }
}

/** Does something for each item, a bounded number at a time. */
export async function eachOf<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await act(item);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}
