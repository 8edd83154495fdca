import type Docker from "dockerode";
import { describe, expect, it } from "vitest";
import { containerDifferences } from "../../../cli/drift/containers";

const NETWORK = "mlflow-platform-dev";
const inputs = { mustRun: true, networksAdvanced: [{ name: NETWORK, aliases: ["nginx"] }] };
const files = { start: false, mustRun: false };

function there(changed: {
  readonly status?: string;
  readonly limits?: Readonly<Record<string, unknown>>;
  readonly networks?: readonly string[];
}): Docker.ContainerInspectInfo {
  const { status = "running", limits = {}, networks = [NETWORK] } = changed;
  return {
    State: { Status: status },
    HostConfig: { PidsLimit: null, CpuQuota: 0, CpusetMems: "", ...limits },
    NetworkSettings: { Networks: Object.fromEntries(networks.map((name) => [name, {}])) },
  } as unknown as Docker.ContainerInspectInfo;
}

describe("a container", () => {
  it("that runs as it was made is not listed", () => {
    expect(containerDifferences(inputs, there({}))).toEqual([]);
    expect(containerDifferences(files, there({ status: "created", networks: ["none"] }))).toEqual([]);
  });

  it.each(["exited", "paused", "created", "restarting"])("that is %s is listed with its state", (status) => {
    expect(containerDifferences(inputs, there({ status }))).toEqual([
      { path: "state", byHand: status, declared: "running" },
    ]);
  });

  it("that is a companion and was started is listed: it would hold its files for nobody", () => {
    expect(containerDifferences(files, there({ status: "exited" }))).toEqual([
      { path: "state", byHand: "exited", declared: "created" },
    ]);
  });

  it("is listed with what `docker update` set and no provider compares", () => {
    expect(containerDifferences(inputs, there({ limits: { PidsLimit: 100, CpuQuota: 50_000 } }))).toEqual([
      { path: "CpuQuota", byHand: "50000" },
      { path: "PidsLimit", byHand: "100" },
    ]);
  });

  it.each([0, -1, null, undefined])("has no limit of processes when the engine says %s", (limit) => {
    expect(containerDifferences(inputs, there({ limits: { PidsLimit: limit } }))).toEqual([]);
  });

  it("is listed with the networks that it was put into or taken from", () => {
    expect(containerDifferences(inputs, there({ networks: ["bridge"] }))).toEqual([
      { path: "networks", byHand: "bridge" },
      { path: "networks", declared: NETWORK },
    ]);
  });
});
