import type * as pulumi from "@pulumi/pulumi";
import type * as docker from "@pulumi/docker";
import type { Service } from "../images/catalogue";
import type { Endpoints } from "../lib/endpoints";

/** What every component of the platform is handed: the facts of the stack, never its configuration object. */
export interface Platform {
  /** Name of the stack. */
  readonly stack: string;
  /** Whether the containers exist. `false` leaves data and identities in place. */
  readonly running: boolean;
  /** Volumes are protected and outlive a destroy. */
  readonly protectData: boolean;
  /** Addresses and ports, all known before anything runs. */
  readonly endpoints: Endpoints;
  /** The network that all containers share. */
  readonly network: docker.Network;
  /** Image id of a service. */
  readonly image: (service: Service) => pulumi.Output<string>;
}
