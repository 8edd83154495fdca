import * as minio from "@pulumi/minio";
import * as pulumi from "@pulumi/pulumi";
import type { Team } from "../../config/settings";
import { ADMINS_POLICY, ALL_BUCKETS, ARTIFACT_BUCKET, teamBucket, teamPolicy } from "../../lib/names";
import { serverPolicyDocument, teamPolicyDocument } from "../../lib/policies";
import { password } from "../password";
import { Bucket } from "./bucket";
import type { StoreContext } from "./context";

/** Name of MLflow's own key. */
const SERVER_USER = "mlflow-server";

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
      { context, bucket: ARTIFACT_BUCKET },
      { parent: this },
    );
    const teamBuckets = teams.map((team) => teamBucket(team.name));
    teams.forEach((team) => {
      const bucket = teamBucket(team.name);
      new Bucket(`${name}-${bucket}`, { context, bucket, quotaGiB: team.quotaGiB }, { parent: this });
      this.policy(name, teamPolicy(team.name), teamPolicyDocument(bucket), context);
    });
    // By pattern, so that another team changes neither policy, and none grows to the 20 KiB that the store allows.
    this.policy(name, ADMINS_POLICY, teamPolicyDocument(ALL_BUCKETS), context);
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

  private policy(name: string, policyName: string, policy: string, context: StoreContext): minio.IamPolicy {
    return new minio.IamPolicy(
      `${name}-policy-${policyName}`,
      { name: policyName, policy },
      { ...context, parent: this },
    );
  }
}
