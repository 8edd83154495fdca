import type * as pulumi from "@pulumi/pulumi";
import type { Mount } from "../workload";

/** Where NGINX finds the certificate that it serves. */
export interface ServedCertificate {
  /** Folder in NGINX's container that holds fullchain.pem and privkey.pem. */
  readonly folder: string;
  /** The pair itself, where the stack makes it. */
  readonly secrets?: Readonly<Record<string, pulumi.Input<string>>>;
  /** The volume that holds the folder, where a job publishes the pair. */
  readonly volumes?: Readonly<Record<string, Mount>>;
  /** Folder of answers to a CA's challenges by http. */
  readonly challenges?: string;
}
