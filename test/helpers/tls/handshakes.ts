import tls from "node:tls";
import { type CertificateFacts, factsOf } from "../../../cli/tls/certificate";
import { handshake } from "../../../cli/tls/handshake";

/** The certificate that this machine serves for a name. */
export async function served(port: number, name: string): Promise<CertificateFacts> {
  return factsOf(await handshake({ host: "127.0.0.1", port, name }));
}

/** What a client offers in a handshake, as OpenSSL names it. */
export interface Offer {
  readonly version: "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";
  /** Cipher of TLS 1.2 and before, or suite of TLS 1.3. @default all, weak ones too */
  readonly cipher?: string;
  /** Group of the key exchange. @default all that this program knows */
  readonly group?: string;
}

/**
 * Makes a handshake with this offer alone.
 *
 * @returns the cipher that was agreed on; undefined when the server refused
 * @throws Error when it ended in another way than by the server's refusal
 */
export function agrees(port: number, name: string, offer: Offer): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      ...{ host: "127.0.0.1", port, servername: name, rejectUnauthorized: false, timeout: 10_000 },
      ...{ minVersion: offer.version, maxVersion: offer.version },
      // Level 0: this program offers what it would refuse itself.
      ciphers: offer.cipher === undefined ? "ALL:eNULL:@SECLEVEL=0" : `${offer.cipher}:@SECLEVEL=0`,
      ...(offer.group === undefined ? {} : { ecdhCurve: offer.group }),
    });
    const end = (act: () => void): void => {
      act();
      socket.destroy();
    };
    socket.once("secureConnect", () => end(() => resolve(socket.getCipher().name)));
    socket.once("timeout", () => end(() => reject(new Error("no end of the handshake within 10 s"))));
    socket.once("error", (error: NodeJS.ErrnoException) => {
      const refused = /ALERT_(HANDSHAKE_FAILURE|PROTOCOL_VERSION)|TLSV1_ALERT_PROTOCOL_VERSION/.test(
        error.code ?? "",
      );
      end(() => (refused ? resolve(undefined) : reject(error)));
    });
  });
}

/** A certificate that came to be served. */
export interface Change {
  readonly serial: string;
  /** Milliseconds since 1970, at most a quarter of a second late. */
  readonly at: number;
}

/** Looks again and again at what is served, and notes each change. */
export class SerialWatch {
  private readonly seen: Change[] = [];
  /** Why the watch ended before it was told to. */
  private failure: Error | undefined;
  private stopped = false;
  private readonly running: Promise<void>;

  public constructor(port: number, name: string) {
    this.running = this.run(port, name).catch((error: unknown) => {
      this.failure = new Error("a handshake failed", { cause: error });
    });
  }

  /** What was served so far, the first one included. */
  public get changes(): readonly Change[] {
    return this.seen;
  }

  /** @throws Error when a handshake failed in between */
  public async stop(): Promise<readonly Change[]> {
    this.stopped = true;
    await this.running;
    if (this.failure !== undefined) throw this.failure;
    return this.seen;
  }

  private async run(port: number, name: string): Promise<void> {
    while (!this.stopped) {
      const { serial } = await served(port, name);
      if (this.seen.at(-1)?.serial !== serial) this.seen.push({ serial, at: Date.now() });
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}
