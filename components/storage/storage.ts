import * as minio from "@pulumi/minio";
import * as pulumi from "@pulumi/pulumi";
import type { Team } from "../../config/settings";
import {
  ADMINS_POLICY,
  ALL_BUCKETS,
  ARTIFACT_BUCKET,
  REVOKED_POLICY,
  rolePolicy,
  teamBucket,
} from "../../lib/names";
import { revokedPolicyDocument, rolePolicyDocument, serverPolicyDocument } from "../../lib/policies";
import { rolesIn } from "../../lib/teams";
import { password } from "../password";
import { Bucket } from "./bucket";
import type { StoreContext } from "./context";

/** Name of MLflow's own key. */
export const SERVER_USER = "mlflow-server";

export interface StorageArgs {
  readonly context: StoreContext;
  readonly teams: readonly Team[];
  readonly artifacts: "proxied" | "direct";
}

/** Buckets, policies, and the limited key of MLflow. */
export class Storage extends pulumi.ComponentResource {
  /** MLflow's own key. */
  public readonly serverKey: { readonly id: pulumi.Output<string>; readonly secret: pulumi.Output<string> };
  /** Exists once MLflow can store artifacts. */
  public readonly ready: readonly pulumi.Resource[];

  public constructor(name: string, args: StorageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-platform:storage:Storage", name, {}, opts);
    const { context, teams } = args;
    const child = { ...context, parent: this };
    const artifactBucket = new Bucket(
      `${name}-${ARTIFACT_BUCKET}`,
      { context, bucket: ARTIFACT_BUCKET, retain: true },
      { parent: this },
    );
    const teamBuckets = teams.map((team) => teamBucket(team.name));
    teams.forEach((team) => {
      const bucket = teamBucket(team.name);
      const { quotaGiB, retain } = team;
      new Bucket(`${name}-${bucket}`, { context, bucket, quotaGiB, retain }, { parent: this });
      for (const role of rolesIn(team)) {
        this.policy(name, rolePolicy(team.name, role), rolePolicyDocument(bucket, role), context);
      }
    });
    // By pattern, so that another team changes neither policy, and none grows to the 20 KiB that the store allows.
    this.policy(name, ADMINS_POLICY, rolePolicyDocument(ALL_BUCKETS, "admin"), context);
    // Its content belongs to the warden.
    this.policy(name, REVOKED_POLICY, revokedPolicyDocument(), context, ["policy"]);
    const serverPolicy = this.policy(
      name,
      SERVER_USER,
      serverPolicyDocument(args.artifacts === "direct" ? ALL_BUCKETS : ARTIFACT_BUCKET),
      context,
    );
    const secret = password(`${name}-server-secret`, this);
    const user = new minio.IamUser(`${name}-server`, { name: SERVER_USER, secret }, child);
    const attachment = new minio.IamUserPolicyAttachment(
      `${name}-server-policy`,
      { userName: user.name, policyName: serverPolicy.name },
      child,
    );
    this.serverKey = { id: user.name, secret };
    this.ready = [artifactBucket, attachment];
    this.registerOutputs({ buckets: [ARTIFACT_BUCKET, ...teamBuckets] });
  }

  private policy(
    name: string,
    policyName: string,
    policy: string,
    context: StoreContext,
    ignoreChanges: string[] = [],
  ): minio.IamPolicy {
    return new minio.IamPolicy(
      `${name}-policy-${policyName}`,
      { name: policyName, policy },
      { ...context, parent: this, ignoreChanges },
    );
  }
}
