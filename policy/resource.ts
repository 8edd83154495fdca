import type { Properties } from "./values";

/** A resource as rules see it: what the program asks for, before anything is made. */
export interface Resource {
  /** Token such as `docker:index/container:Container`. */
  readonly type: string;
  /** Pulumi's logical name. */
  readonly name: string;
  readonly urn: string;
  /**
   * Types from the top-level component down to the resource itself, joined by `$`. Unlike a name, it cannot be chosen
   * freely: a resource has it because of the component that made it.
   */
  readonly chain: string;
  readonly props: Properties;
  /** Paths of the values that are marked as secret, such as `envs` or `envs.3`. */
  readonly secrets: readonly string[];
  /** Logical name of its provider; undefined when it is not told. */
  readonly provider: string | undefined;
  readonly protect: boolean;
  /** Whether it stays when it is declared no longer. Undefined from an engine, which does not tell policies. */
  readonly retainOnDelete: boolean | undefined;
}

/** Type chain and logical name in an engine's URN: `urn:pulumi:<stack>::<project>::<chain>::<name>`. */
export function partsOf(urn: string): { readonly chain: string; readonly name: string } {
  const [, , chain = "", ...name] = urn.split("::");
  return { chain, name: name.join("::") };
}

/** Tokens of the types that rules look at. */
export const TYPES = {
  container: "docker:index/container:Container",
  image: "docker:index/remoteImage:RemoteImage",
  volume: "docker:index/volume:Volume",
  network: "docker:index/network:Network",
  realm: "keycloak:index/realm:Realm",
  client: "keycloak:openid/client:Client",
  bucket: "minio:index/s3Bucket:S3Bucket",
  bucketPolicy: "minio:index/s3BucketPolicy:S3BucketPolicy",
  iamPolicy: "minio:index/iamPolicy:IamPolicy",
  userPolicy: "minio:index/iamUserPolicyAttachment:IamUserPolicyAttachment",
  group: "keycloak:index/group:Group",
  user: "keycloak:index/user:User",
  role: "postgresql:index/role:Role",
} as const;
