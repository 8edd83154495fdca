import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { messageOf, UserError } from "../errors";

/** A download without a byte for this long is given up. */
const STALL_MS = 60_000;

/** What to fetch and how to check it. */
export interface Download {
  url: string;
  /** The file to write. */
  to: string;
  /** What the content must hash to, lower-case hex. */
  sha256?: string;
  /** Called with what is done and how far it is: `downloading keycloak.zip`, `42 of 174 MB`. */
  progress?: (text: string, detail?: string) => void;
  /** Name for progress and errors. */
  label: string;
  /** The next command or fix, should it fail. */
  next: string;
}

/**
 * Fetches a file, streaming it to disk.
 * @returns the sha256 of the content, lower-case hex
 * @throws UserError when it cannot be fetched or is not what was expected; the file is removed then
 */
export async function download(spec: Download): Promise<string> {
  const stall = new AbortController();
  const timer = setTimeout(() => stall.abort(new Error(`no data for ${STALL_MS / 1000} s`)), STALL_MS);
  const hash = createHash("sha256");
  try {
    const response = await fetch(spec.url, { signal: stall.signal });
    if (!response.ok || !response.body)
      throw new Error(`HTTP ${response.status} ${response.statusText}`.trim());
    // The length of an encoded answer is not that of the file.
    const encoded = response.headers.has("content-encoding");
    const total = encoded ? 0 : Number(response.headers.get("content-length") ?? 0);
    let seen = 0;
    let shown = 0;
    const meter = new Transform({
      transform(chunk: Buffer, _encoding, next) {
        timer.refresh();
        hash.update(chunk);
        seen += chunk.length;
        if (seen - shown >= 4e6) {
          shown = seen;
          spec.progress?.(
            `downloading ${spec.label}`,
            `${megabytes(seen)}${total ? ` of ${megabytes(total)}` : ""} MB`,
          );
        }
        next(undefined, chunk);
      },
    });
    await pipeline(Readable.fromWeb(response.body), meter, createWriteStream(spec.to));
    if (total && seen !== total) throw new Error(`it ended after ${seen} of ${total} bytes`);
  } catch (error) {
    await rm(spec.to, { force: true });
    const cause =
      error instanceof Error && error.cause
        ? `${error.message}: ${messageOf(error.cause)}`
        : messageOf(error);
    throw new UserError(`${spec.label} could not be downloaded from ${spec.url}: ${cause}`, spec.next);
  } finally {
    clearTimeout(timer);
  }
  const digest = hash.digest("hex");
  if (spec.sha256 && digest !== spec.sha256) {
    await rm(spec.to, { force: true });
    throw new UserError(
      `${spec.label} from ${spec.url} is not what was expected: its sha256 is ${digest}, not ${spec.sha256}; it was thrown away`,
      spec.next,
    );
  }
  return digest;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

/**
 * Fetches a small text.
 * @param url - where it is
 * @param timeoutMs - how long to wait for all of it
 * @returns the text, or undefined when the server is not reachable or has none
 */
export async function fetchText(url: string, timeoutMs: number): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    return response.ok ? await response.text() : undefined;
  } catch {
    // Offline, blocked by a firewall, unknown host: for the caller all the same, it takes the other way.
    return undefined;
  }
}
