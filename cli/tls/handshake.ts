import type { X509Certificate } from "node:crypto";
import { isIP, type LookupFunction } from "node:net";
import tls from "node:tls";

/** Where a handshake is made. */
export interface HandshakeTarget {
  /** Host name or address to connect to. */
  readonly host: string;
  readonly port: number;
  /** Name or address that a certificate is asked for (SNI). @default the host */
  readonly name?: string;
  readonly lookup?: LookupFunction;
  /** The CAs that are trusted. @default the certificate is only looked at, nothing is sent over the connection */
  readonly trust?: tls.SecureContext;
  readonly signal?: AbortSignal;
}

/** Longest time for one handshake. It takes milliseconds on an idle machine. */
const TIMEOUT_MILLISECONDS = 10_000;

/**
 * Makes a TLS handshake and looks at the certificate that is served.
 *
 * @throws Error of the system or of OpenSSL when there is none, or when it is not trusted and `trust` is given
 */
export function handshake(target: HandshakeTarget): Promise<X509Certificate> {
  const { host, name = host, trust } = target;
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      host,
      port: target.port,
      // An address must not be sent as a name.
      servername: isIP(name) === 0 ? name : "",
      rejectUnauthorized: trust !== undefined,
      // The name that is asked for counts, not the address that is connected to.
      checkServerIdentity: (_, certificate) => tls.checkServerIdentity(name, certificate),
      ...(trust === undefined ? {} : { secureContext: trust }),
      ...(target.lookup === undefined ? {} : { lookup: target.lookup }),
      timeout: TIMEOUT_MILLISECONDS,
    });
    const abort = (): void => void socket.destroy(new Error("interrupted"));
    const settle = (act: () => void): void => {
      target.signal?.removeEventListener("abort", abort);
      act();
      socket.destroy();
    };
    target.signal?.addEventListener("abort", abort, { once: true });
    if (target.signal?.aborted) abort();
    socket.once("timeout", () =>
      socket.destroy(new Error(`nothing within ${TIMEOUT_MILLISECONDS / 1000} s`)),
    );
    socket.once("error", (error: Error) => settle(() => reject(error)));
    socket.once("secureConnect", () => {
      const certificate = socket.getPeerX509Certificate();
      settle(() =>
        certificate === undefined
          ? reject(new Error("the server showed no certificate"))
          : resolve(certificate),
      );
    });
    // A server that closes without a word of TLS gives no error.
    socket.once("close", () => settle(() => reject(new Error("closed during the handshake"))));
  });
}
