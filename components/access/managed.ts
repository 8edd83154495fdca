import * as pulumi from "@pulumi/pulumi";
import type { Connection } from "./mlflowApi";

/**
 * Which inputs of a resource differ from the stored ones.
 *
 * @param olds - what is stored
 * @param news - what the program declares
 */
export function changedKeys<Props extends Connection>(olds: Props, news: Props): (keyof Props)[] {
  const keys = Object.keys(news) as (keyof Props & string)[];
  // The engine adds the code of the provider to the inputs; new code alone changes nothing in MLflow.
  return keys.filter((key) => key !== "__provider" && olds[key] !== news[key]);
}

/** Inputs as a component gives them: some are known only when Keycloak has answered. */
export type Inputs<Props> = { readonly [Key in keyof Props]: pulumi.Input<Props[Key]> };

/** Something in MLflow that this program manages. The connection's secret is secret in the state as well. */
export abstract class Managed<Props extends Connection> extends pulumi.dynamic.Resource {
  protected constructor(
    type: string,
    provider: pulumi.dynamic.ResourceProvider<Props, Props>,
    name: string,
    props: Inputs<Props>,
    opts: pulumi.CustomResourceOptions,
  ) {
    const secret = { ...opts, additionalSecretOutputs: ["clientSecret"] };
    super(provider, name, { ...props }, secret, "mlflow-platform", type);
  }
}
