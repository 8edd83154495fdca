import * as pulumi from "@pulumi/pulumi";
import { consoleEnv } from "../lib/minioEnv";
import type { Identity } from "./identity/identity";
import { password } from "./password";
import type { Platform } from "./types";
import { Workload } from "./workload";

export interface ConsoleArgs {
  readonly platform: Platform;
  readonly identity: Identity;
  /** Exists once the object store answers. */
  readonly store: pulumi.Resource;
}

/** The object store's console, with single sign-on as its only door. */
export class Console extends pulumi.ComponentResource {
  public constructor(name: string, args: ConsoleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-platform:console:Console", name, {}, opts);
    const { platform, identity } = args;
    new Workload(
      name,
      {
        platform,
        service: "console",
        env: consoleEnv({
          publicUrl: platform.endpoints.urls.console,
          internalRealmUrl: identity.internalRealmUrl,
        }),
        secrets: {
          CONSOLE_IDP_SECRET: identity.clients.minioSecret,
          // They encrypt the session cookie; generated ones would log everybody out at each start.
          CONSOLE_PBKDF_PASSPHRASE: password(`${name}-passphrase`, this),
          CONSOLE_PBKDF_SALT: password(`${name}-salt`, this),
        },
        // `redirect` is there only when the discovery document could be read: else the page shows a key form.
        health: { test: ["http-ok", "9090", "/api/v1/login", "redirect"], startPeriodSeconds: 5 },
        waitTimeoutSeconds: 120,
        memoryMiB: 384,
        cpus: 1,
        tmpfs: { "/tmp": "rw,noexec,nosuid,size=64m" },
      },
      { parent: this, dependsOn: [args.store] },
    );
    this.registerOutputs({ url: platform.endpoints.urls.console });
  }
}
