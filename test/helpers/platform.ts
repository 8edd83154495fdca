import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { Network } from "../../components/network";
import type { Platform } from "../../components/types";
import { httpEndpoints } from "../../lib/endpoints";
import { imageIdOf } from "./harness";

/** What a component of a test is handed: facts of the stack, and options that name the engine. */
export interface TestBed {
  readonly platform: Platform;
  readonly options: pulumi.ComponentResourceOptions;
}

/** A provider and a network, for tests of one component. To be called inside `record`. */
export function testBed(changed: Partial<Platform> = {}): TestBed {
  const options = { providers: { docker: new docker.Provider("docker", {}) } };
  const stack = changed.stack ?? "dev";
  const { network } = new Network("network", { stack }, options);
  const platform: Platform = {
    stack,
    running: true,
    protectData: true,
    endpoints: httpEndpoints(8080),
    network,
    image: (service) => pulumi.output(imageIdOf(service)),
    ...changed,
  };
  return { platform, options };
}

/** What `testBed` itself declares, as `Recording.list` names it. */
export const TEST_BED = ["Network network-bridge", "provider:docker docker"];
