import type * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

/**
 * A generated secret: 44 letters and digits (262 bits), safe in URLs, files and shells. Secret in the state.
 *
 * @param name - Pulumi name; a renamed one is a new password
 */
export function password(name: string, parent: pulumi.Resource): pulumi.Output<string> {
  return new random.RandomPassword(name, { length: 44, special: false }, { parent }).result;
}
