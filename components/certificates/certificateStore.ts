import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { dataVolume } from "../dataVolume";
import type { Platform } from "../types";
import type { ServedCertificate } from "./types";

/** Where the published certificates lie, in NGINX's container and in the job's. */
export const CERTIFICATES_FOLDER = "/certificates";

export interface CertificateStoreArgs {
  readonly platform: Platform;
}

/** The volumes of certificates from a CA: what is published to NGINX, and what the job keeps to itself. */
export class CertificateStore extends pulumi.ComponentResource {
  /** Certificates, answers to challenges, and the job's report. NGINX only reads it. */
  public readonly published: docker.Volume;
  /** Account at the CA and the job's own notes. */
  public readonly account: docker.Volume;
  public readonly served: ServedCertificate;

  public constructor(name: string, args: CertificateStoreArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-platform:certificates:CertificateStore", name, {}, opts);
    // Both are protected like data: a CA gives few certificates a week, so losing them can close the door for days.
    this.published = dataVolume(`${name}-published`, args.platform, "certificates", this);
    this.account = dataVolume(`${name}-account`, args.platform, "certbot", this);
    this.served = {
      folder: `${CERTIFICATES_FOLDER}/current`,
      volumes: { [CERTIFICATES_FOLDER]: { volume: this.published, readOnly: true } },
      challenges: `${CERTIFICATES_FOLDER}/challenges`,
    };
    this.registerOutputs({ published: this.published.name });
  }
}
