import * as pulumi from "@pulumi/pulumi";
import { INTERNAL_PORT } from "../lib/endpoints";
import { HEALTH_PORT } from "../lib/nginx/base";
import { nginxConfig } from "../lib/nginx/config";
import type { ServedCertificate } from "./certificates/types";
import type { Platform } from "./types";
import { Workload } from "./workload";

export interface NginxArgs {
  readonly platform: Platform;
  /** Name of the realm whose pages are shown. */
  readonly realm: string;
  /** What it serves https with; absent in `http` mode. */
  readonly certificate: ServedCertificate | undefined;
}

/** Services behind NGINX, by their alias in the network. */
const UPSTREAMS = ["console", "keycloak", "minio", "mlflow"] as const;

/** The one door: every request of a person or client passes here. */
export class Nginx extends pulumi.ComponentResource {
  public constructor(name: string, args: NginxArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-platform:nginx:Nginx", name, {}, opts);
    const { platform, certificate } = args;
    const { endpoints } = platform;
    new Workload(
      name,
      {
        platform,
        service: "nginx",
        env: {
          UPSTREAMS: UPSTREAMS.map((service) => `${service}=${service}:${INTERNAL_PORT[service]}`).join(" "),
          ...(certificate === undefined ? {} : { TLS_FOLDER: certificate.folder }),
        },
        config: {
          "nginx.conf": nginxConfig({ endpoints, realm: args.realm, challenges: certificate?.challenges }),
        },
        secrets: certificate?.secrets ?? {},
        volumes: certificate?.volumes ?? {},
        health: { test: ["http-ok", String(HEALTH_PORT), "/healthz"], startPeriodSeconds: 5 },
        waitTimeoutSeconds: 60,
        memoryMiB: 256,
        cpus: 2,
        tmpfs: {
          "/tmp": "rw,noexec,nosuid,size=64m",
          "/var/lib/nginx": "rw,noexec,nosuid,size=16m,mode=1777",
          "/var/log/nginx": "rw,noexec,nosuid,size=1m,mode=1777",
        },
        published: { ports: endpoints.published, addresses: endpoints.bindAddresses },
      },
      { parent: this },
    );
    this.registerOutputs({ urls: endpoints.urls });
  }
}
