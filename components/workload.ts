import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Service } from "../images/catalogue";
import type { PublishedPort } from "../lib/endpoints";
import { goDuration } from "../lib/goDuration";
import { objectLabels, objectName } from "../lib/names";
import type { Platform } from "./types";

/** Where configuration and secrets lie in every container: owned by root, so that the service can only read. */
const FILES_ROOT = "/run/platform";

/** A volume in a container. */
export interface Mount {
  readonly volume: docker.Volume;
  /** @default false */
  readonly readOnly?: boolean;
}

export interface WorkloadArgs {
  readonly platform: Platform;
  /** The service, which is also its alias in the network. */
  readonly service: Service;
  readonly command?: readonly string[];
  /** Environment, visible in `docker inspect`: no secrets. */
  readonly env?: Readonly<Record<string, string>>;
  /** Secrets, by the environment variable that the entry point sets from the file of that name. */
  readonly secrets?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Configuration files below /run/platform/config, by name. */
  readonly config?: Readonly<Record<string, string>>;
  /** Health check command and times. */
  readonly health: { readonly test: readonly string[]; readonly startPeriodSeconds: number };
  /** Seconds that a first start may take on a slow machine. */
  readonly waitTimeoutSeconds: number;
  /** Memory limit in MiB; swap is not used. */
  readonly memoryMiB: number;
  /** CPU limit in cores. */
  readonly cpus: number;
  /** Writable folders in memory, with their mount options. */
  readonly tmpfs: Readonly<Record<string, string>>;
  /** Writable folders on disk that go with the container, for files too large for memory. */
  readonly scratch?: readonly string[];
  /** Named volumes by mount point. */
  readonly volumes?: Readonly<Record<string, Mount>>;
  /** Ports published on the loopback address: container port → host port. */
  readonly loopbackPorts?: Readonly<Record<number, number>>;
  /** Ports that people reach. Only NGINX has any. */
  readonly published?: {
    readonly ports: readonly PublishedPort[];
    /** Addresses of the host. */
    readonly addresses: readonly string[];
  };
}

/**
 * One service as a hardened container: read-only root, no capabilities, no new privileges, limits, health, logs
 * bounded. The only place of this program that creates containers.
 *
 * Files cannot be put into a container whose root is read-only, so they lie in the volume of a companion
 * container that is never started; the service mounts it. Changing a file replaces both, visibly.
 */
export class Workload extends pulumi.ComponentResource {
  /** The running container; absent while the stack is stopped. */
  public readonly container: docker.Container | undefined;

  public constructor(name: string, args: WorkloadArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-platform:workload:Workload", name, {}, opts);
    this.container = args.platform.running ? this.run(name, args) : undefined;
    this.registerOutputs({ container: this.container?.name });
  }

  private run(name: string, args: WorkloadArgs): docker.Container {
    const { platform, service } = args;
    const files = this.files(name, args);
    const resource = `${name}-container`;
    return new docker.Container(
      resource,
      {
        name: objectName(platform.stack, service),
        hostname: service,
        image: platform.image(service),
        command: args.command === undefined ? undefined : [...args.command],
        envs: sorted(args.env ?? {}).map(([key, value]) => `${key}=${value}`),
        volumes: [
          ...(files === undefined ? [] : [{ fromContainer: files.id }]),
          ...(args.scratch ?? []).map((containerPath) => ({ containerPath })),
          ...sorted(args.volumes ?? {}).map(([containerPath, { volume, readOnly }]) => ({
            containerPath,
            volumeName: volume.name,
            ...(readOnly === true ? { readOnly } : {}),
          })),
        ],
        tmpfs: { ...args.tmpfs },
        ports: bindings(args).map(({ internal, external, ip }) => ({
          internal,
          external,
          ip,
          protocol: "tcp",
        })),
        networkMode: platform.network.name,
        networksAdvanced: [{ name: platform.network.name, aliases: [service] }],
        labels: labels(platform.stack, service, resource),
        healthcheck: {
          tests: ["CMD", ...args.health.test],
          interval: "5s",
          timeout: "6s",
          retries: 12,
          startPeriod: goDuration(args.health.startPeriodSeconds),
        },
        wait: true,
        waitTimeout: args.waitTimeoutSeconds,
        mustRun: true,
        restart: "unless-stopped",
        readOnly: true,
        securityOpts: ["no-new-privileges:true"],
        capabilities: { drops: ["ALL"] },
        memory: args.memoryMiB,
        memorySwap: args.memoryMiB,
        // With one decimal, as the engine gives it back.
        cpus: args.cpus.toFixed(1),
        // The provider knows no pids limit; the kernel's limit of processes per user stands in for it. It
        // counts other processes of the same uid on the host, so it leaves room for them.
        ulimits: [{ name: "nproc", soft: 8192, hard: 8192 }],
        logDriver: "json-file",
        logOpts: { "max-size": "10m", "max-file": "3" },
        stopTimeout: 30,
        destroyGraceSeconds: 30,
      },
      {
        parent: this,
        // Names and ports are taken until the old container is gone.
        deleteBeforeReplace: true,
        // The engine's provider would note these edits in the state and change nothing.
        replaceOnChanges: ["healthcheck", "tmpfs", "init"],
      },
    );
  }

  private files(name: string, args: WorkloadArgs): docker.Container | undefined {
    const uploads = [
      ...sorted(args.secrets ?? {}).map(([key, content]) => upload(`secrets/${key}`, content)),
      ...sorted(args.config ?? {}).map(([file, content]) => upload(`config/${file}`, content)),
    ];
    if (uploads.length === 0) return undefined;
    const { platform, service } = args;
    const resource = `${name}-files`;
    return new docker.Container(
      resource,
      {
        name: objectName(platform.stack, `${service}-files`),
        image: platform.image(service),
        volumes: [{ containerPath: FILES_ROOT }],
        uploads,
        start: false,
        mustRun: false,
        restart: "no",
        networkMode: "none",
        labels: labels(platform.stack, service, resource),
        securityOpts: ["no-new-privileges:true"],
        capabilities: { drops: ["ALL"] },
        logDriver: "json-file",
        logOpts: { "max-size": "1m", "max-file": "1" },
      },
      { parent: this, deleteBeforeReplace: true },
    );
  }
}

/** Ports on the host, with the address that each is bound to. */
function bindings({
  loopbackPorts,
  published,
}: WorkloadArgs): Array<{ readonly internal: number; readonly external: number; readonly ip: string }> {
  const loopback = sorted(loopbackPorts ?? {}).map(([internal, external]) => ({
    internal: Number(internal),
    external,
    ip: "127.0.0.1",
  }));
  const { addresses, ports } = published ?? { addresses: [], ports: [] };
  return [...loopback, ...addresses.flatMap((ip) => ports.map((port) => ({ ...port, ip })))];
}

function upload(path: string, content: pulumi.Input<string>): docker.types.input.ContainerUpload {
  return { file: `${FILES_ROOT}/${path}`, content, permissions: "0444" };
}

function labels(stack: string, service: string, resource: string): docker.types.input.ContainerLabel[] {
  return sorted(objectLabels(stack, service, resource)).map(([label, value]) => ({ label, value }));
}

/** Entries by key, so that the order in which code names them never shows as a change. */
function sorted<T>(record: Readonly<Record<string, T>>): Array<[string, T]> {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
