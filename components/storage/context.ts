import type * as minio from "@pulumi/minio";
import type * as pulumi from "@pulumi/pulumi";

/** Resource options of everything in the object store. */
export interface StoreContext {
  readonly provider: minio.Provider;
  /** The store's objects go with its volume, without a call each. */
  readonly deletedWith: pulumi.Resource;
}
