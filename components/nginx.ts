import * as pulumi from "@pulumi/pulumi";
import { INTERNAL_PORT, SITES, SITE_LISTEN } from "../lib/endpoints";
import { HEALTH_PORT, nginxConfig } from "../lib/nginx/config";
import type { Platform } from "./types";
import { Workload } from "./workload";

export interface NginxArgs {
  readonly platform: Platform;
  /** Name of the realm whose pages are shown. */
  readonly realm: string;
}

/** Services behind NGINX, by their alias in the network. */
const UPSTREAMS = ["console", "keycloak", "minio", "mlflow"] as const;

/** The one door: every request of a person or client passes here. */
export class Nginx extends pulumi.ComponentResource {
  public constructor(name: string, args: NginxArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-platform:nginx:Nginx", name, {}, opts);
    const { platform } = args;
    const { sitePorts, urls } = platform.endpoints;
    new Workload(
      name,
      {
        platform,
        service: "nginx",
        env: {
          UPSTREAMS: UPSTREAMS.map((service) => `${service}=${service}:${INTERNAL_PORT[service]}`).join(" "),
        },
        config: { "nginx.conf": nginxConfig({ urls, realm: args.realm }) },
        health: { test: ["http-ok", String(HEALTH_PORT), "/healthz"], startPeriodSeconds: 5 },
        waitTimeoutSeconds: 60,
        memoryMiB: 256,
        cpus: 2,
        tmpfs: {
          "/tmp": "rw,noexec,nosuid,size=64m",
          "/var/lib/nginx": "rw,noexec,nosuid,size=16m,mode=1777",
          "/var/log/nginx": "rw,noexec,nosuid,size=1m,mode=1777",
        },
        loopbackPorts: Object.fromEntries(SITES.map((site) => [SITE_LISTEN[site], sitePorts[site]])),
      },
      { parent: this },
    );
    this.registerOutputs({ urls });
  }
}
