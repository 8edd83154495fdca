import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { objectLabels, stackPrefix } from "../lib/names";

export interface NetworkArgs {
  /** Name of the stack. */
  readonly stack: string;
}

/** The stack's own bridge network. Inside it services talk plain http; only loopback ports leave it. */
export class Network extends pulumi.ComponentResource {
  public readonly network: docker.Network;

  public constructor(name: string, args: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-platform:network:Network", name, {}, opts);
    const resource = `${name}-bridge`;
    this.network = new docker.Network(
      resource,
      {
        name: stackPrefix(args.stack),
        driver: "bridge",
        labels: Object.entries(objectLabels(args.stack, "network", resource)).map(([label, value]) => ({
          label,
          value,
        })),
      },
      { parent: this },
    );
    this.registerOutputs({ name: this.network.name });
  }
}
