import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { objectLabels, objectName } from "../lib/names";
import type { Platform } from "./types";

/**
 * A volume that holds data. Its name is fixed, so creating it again after an interruption adopts what is there;
 * it is never replaced, and outside development it is protected and outlives a destroy.
 *
 * @param name - Pulumi name
 * @param service - service whose data it holds
 */
export function dataVolume(
  name: string,
  platform: Platform,
  service: string,
  parent: pulumi.Resource,
): docker.Volume {
  return new docker.Volume(
    name,
    {
      name: objectName(platform.stack, `${service}-data`),
      labels: Object.entries(objectLabels(platform.stack, service, name)).map(([label, value]) => ({
        label,
        value,
      })),
    },
    { parent, protect: platform.protectData, retainOnDelete: platform.protectData },
  );
}
