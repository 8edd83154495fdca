import type { IncomingHttpHeaders } from "node:http";
import http from "node:http";
import https from "node:https";
import type { LookupFunction } from "node:net";

/** An answer, body read. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** CA that is trusted, PEM. @default any certificate will do */
  readonly ca?: string;
  /** Name for the handshake, where another than the URL's is sent as host. */
  readonly servername?: string;
}

/** Every name leads to this machine. */
const here: LookupFunction = (_, options, callback) => {
  if (options.all === true) callback(null, [{ address: "127.0.0.1", family: 4 }]);
  else callback(null, "127.0.0.1", 4);
};

/**
 * One request on a connection of its own to this machine, whatever the host's name. Redirects are not followed.
 *
 * @returns undefined when the connection was closed without an answer
 * @throws Error of the handshake
 */
export function ask(url: string, options: AskOptions = {}): Promise<Answer | undefined> {
  const { ca, body, servername } = options;
  const trust = ca === undefined ? { rejectUnauthorized: false } : { ca };
  const client = new URL(url).protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    const request = client.request(
      url,
      {
        ...{ agent: false, lookup: here, method: options.method ?? "GET", headers: { ...options.headers } },
        ...trust,
        ...(servername === undefined ? {} : { servername }),
        timeout: 30_000,
      },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        answer.on("end", () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }),
        );
      },
    );
    request.on("timeout", () => request.destroy(new Error(`${url}: nothing within 30 s`)));
    request.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNRESET") resolve(undefined);
      else reject(error);
    });
    request.end(body);
  });
}
