import type { CertificateFacts } from "../tls/certificate";
import type { JobReport } from "./jobReport";

/** What one address of the platform shows to whoever connects. */
export interface Served {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** The certificate; absent when there was no handshake. */
  readonly certificate?: CertificateFacts;
  /** Whether it is valid for the host. */
  readonly covers?: boolean;
  /** Why there was no handshake. */
  readonly failure?: string;
}

/** Everything that was found out about the certificates of a stack. */
export interface Observation {
  readonly stack: string;
  readonly mode: "self-signed" | "acme";
  /** Absent where it cannot be seen from here: NGINX does not run, or its engine is on another machine. */
  readonly served: readonly Served[] | undefined;
  /** Why it cannot be seen. */
  readonly unseen?: string;
  /** What NGINX is meant to serve; absent before a CA gave the first one. */
  readonly published: CertificateFacts | undefined;
  /** When it was published, ISO 8601, as far as that is known. */
  readonly publishedAt: string | undefined;
  /** Report of the certificate job, in acme mode. */
  readonly job: JobReport | undefined;
  /** What could not be read, and why. */
  readonly unreadable: readonly string[];
}
