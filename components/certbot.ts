import * as pulumi from "@pulumi/pulumi";
import type { AcmeSettings } from "../config/settings";
import { certbotEnv } from "../lib/certbotEnv";
import { CERTIFICATES_FOLDER, type CertificateStore } from "./certificates/certificateStore";
import type { Nginx } from "./nginx";
import type { Platform } from "./types";
import { Workload } from "./workload";

export interface CertbotArgs {
  readonly platform: Platform;
  readonly domain: string;
  readonly acme: AcmeSettings;
  readonly store: CertificateStore;
  /** It answers challenges by http. */
  readonly nginx: Nginx;
}

/** The job that keeps the domain's address current, and obtains and renews its certificate. */
export class Certbot extends pulumi.ComponentResource {
  public constructor(name: string, args: CertbotArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-platform:certbot:Certbot", name, {}, opts);
    const { acme, domain, store } = args;
    new Workload(
      name,
      {
        platform: args.platform,
        service: "certbot",
        env: certbotEnv(domain, acme),
        secrets: acme.duckdns === undefined ? {} : { DUCKDNS_TOKEN: pulumi.secret(acme.duckdns.token) },
        config: acme.caBundle === undefined ? {} : { "acme-ca.pem": acme.caBundle },
        // Alive is enough: the platform comes up before a CA has answered, and `status` shows how that goes.
        health: { test: ["certbot-job", "healthy"], startPeriodSeconds: 30 },
        waitTimeoutSeconds: 120,
        memoryMiB: 256,
        cpus: 0.5,
        tmpfs: { "/tmp": "rw,noexec,nosuid,size=64m" },
        volumes: {
          "/var/lib/certbot": { volume: store.account },
          [CERTIFICATES_FOLDER]: { volume: store.published },
        },
      },
      { parent: this, dependsOn: [args.nginx] },
    );
    this.registerOutputs({});
  }
}
