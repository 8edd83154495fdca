import type * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

/**
 * A generated secret: 44 letters and digits (262 bits), safe in URLs, files and shells. Secret in the state.
 *
 * @param name - Pulumi name; a renamed one is a new password
 * @param generation - another one is a new password, too
 */
export function password(name: string, parent: pulumi.Resource, generation = 1): pulumi.Output<string> {
  // The first generation has no keepers: it is what was there before there were generations.
  const keepers = generation === 1 ? {} : { keepers: { generation: String(generation) } };
  return new random.RandomPassword(name, { length: 44, special: false, ...keepers }, { parent }).result;
}
