import * as minio from "@pulumi/minio";
import * as pulumi from "@pulumi/pulumi";
import type { StoreContext } from "./context";

/** Days for which overwritten and deleted objects can still be brought back. */
const OLD_VERSION_DAYS = 30;

export interface BucketArgs {
  readonly context: StoreContext;
  readonly bucket: string;
  /** Most that the bucket may hold, in GiB. @default no limit */
  readonly quotaGiB?: number | undefined;
  /** Whether it stays, with all that is in it, when it is declared no longer. */
  readonly retain: boolean;
}

/**
 * A private, versioned bucket whose old versions expire. Parts of unfinished uploads expire as well, by the
 * server's own setting (`MINIO_API_STALE_UPLOADS_EXPIRY`): this server ignores such a rule on a bucket.
 */
export class Bucket extends pulumi.ComponentResource {
  public constructor(name: string, args: BucketArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-platform:storage:Bucket", name, {}, opts);
    // A team that leaves the settings leaves its artifacts behind, unless it was said before that they may go.
    const child = { ...args.context, parent: this, retainOnDelete: args.retain };
    const bucket = new minio.S3Bucket(
      name,
      {
        bucket: args.bucket,
        acl: "private",
        ...(args.retain ? {} : { forceDestroy: true }),
        ...(args.quotaGiB === undefined ? {} : { quota: args.quotaGiB * 1024 ** 3 }),
      },
      child,
    );
    const versioning = new minio.S3BucketVersioning(
      `${name}-versioning`,
      { bucket: bucket.bucket, versioningConfiguration: { status: "Enabled" } },
      child,
    );
    new minio.IlmPolicy(
      `${name}-lifecycle`,
      {
        bucket: bucket.bucket,
        rules: [{ id: "old-versions", noncurrentVersionExpirationDays: OLD_VERSION_DAYS }],
      },
      { ...child, dependsOn: [versioning] },
    );
    this.registerOutputs({ bucket: args.bucket });
  }
}
