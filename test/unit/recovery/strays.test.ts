import { describe, expect, it } from "vitest";
import type { Objects } from "../../../cli/engine/recovery/objects";
import { settled } from "../../../cli/engine/recovery/recover";
import { CONTAINER, NETWORK, VOLUME } from "../../../cli/engine/recovery/state";
import { compare } from "../../../cli/engine/recovery/strays";
import { pending, resource, stateOf, urnOf } from "./state";

const nginx = resource(CONTAINER, "nginx-container", { id: "c1", inputs: { mustRun: true } });
const files = resource(CONTAINER, "nginx-files", { id: "c2", inputs: { mustRun: false } });
const bridge = resource(NETWORK, "network-bridge", { id: "n1" });
const data = resource(VOLUME, "postgres-data", { id: "mlflow-platform-dev-postgres-data" });

const container = (id: string, of: string, status = "running") => ({
  id,
  name: `x-${of}`,
  resource: of,
  status,
});
const network = (id: string) => ({ id, name: "x", resource: "network-bridge" });
const whole: Objects = {
  containers: [container("c1", "nginx-container"), container("c2", "nginx-files", "created")],
  networks: [network("n1")],
  volumes: ["mlflow-platform-dev-postgres-data"],
};
const nothing: Objects = { containers: [], networks: [], volumes: [] };
const state = stateOf([nginx, files, bridge, data]);

describe("compare", () => {
  it("finds nothing where engine and state agree", () => {
    expect(compare(whole, state)).toEqual({
      strayContainers: [],
      strayNetworks: [],
      foreign: false,
      broken: [],
      lostVolumes: [],
      refilledVolumes: [],
    });
  });

  it("tells volumes that a CA fills again from those that hold data", () => {
    const labels = [{ label: "mlflow-platform.stack", value: "dev" }];
    const published = resource(VOLUME, "certificates-published", { id: "v1", inputs: { labels } });
    const found = compare({ ...whole, volumes: [] }, stateOf([nginx, files, bridge, data, published]));
    expect(found.lostVolumes).toEqual(["mlflow-platform-dev-postgres-data"]);
    expect(found.refilledVolumes).toEqual([{ name: "v1", labels: { "mlflow-platform.stack": "dev" } }]);
  });

  it("finds nothing where there is nothing", () => {
    expect(compare(nothing, stateOf([]))).toMatchObject({ foreign: false, broken: [], lostVolumes: [] });
  });

  it("finds what a killed run made and did not record", () => {
    const more = {
      ...whole,
      containers: [...whole.containers, container("c9", "mlflow-container")],
      networks: [network("n1"), network("n9")],
    };
    const found = compare(more, state);
    expect(found.strayContainers.map(({ id }) => id)).toEqual(["c9"]);
    expect(found.strayNetworks.map(({ id }) => id)).toEqual(["n9"]);
    expect(found.foreign).toBe(false);
  });

  it("knows what was replaced and still waits for its deletion", () => {
    const old = { ...nginx, id: "c0", delete: true };
    const found = compare(whole, stateOf([nginx, old, files, bridge, data]));
    expect(found.broken).toEqual([]);
    const there = { ...whole, containers: [...whole.containers, container("c0", "nginx-container")] };
    expect(compare(there, stateOf([nginx, old, files, bridge, data])).strayContainers).toEqual([]);
  });

  it.each(["exited", "dead", "paused", "created"])("has a container made again that is %s", (status) => {
    const found = compare(
      {
        ...whole,
        containers: [container("c1", "nginx-container", status), container("c2", "nginx-files", "created")],
      },
      state,
    );
    expect(found.broken).toEqual([nginx.urn]);
  });

  it("leaves one alone that restarts", () => {
    expect(
      compare(
        {
          ...whole,
          containers: [
            container("c1", "nginx-container", "restarting"),
            container("c2", "nginx-files", "exited"),
          ],
        },
        state,
      ).broken,
    ).toEqual([]);
  });

  it("has containers and networks made again that are gone", () => {
    expect(compare({ ...nothing, volumes: whole.volumes }, state).broken).toEqual([
      nginx.urn,
      files.urn,
      bridge.urn,
    ]);
  });

  it("misses volumes, but not those that were being deleted", () => {
    expect(compare({ ...whole, volumes: [] }, state).lostVolumes).toEqual([
      "mlflow-platform-dev-postgres-data",
    ]);
    const interrupted = stateOf([nginx, files, bridge, data], [pending("deleting", data)]);
    expect(compare({ ...whole, volumes: [] }, interrupted).lostVolumes).toEqual([]);
  });
});

describe("what is not ours", () => {
  it("is a stack of which the state knows nothing", () => {
    expect(compare(whole, stateOf([])).foreign).toBe(true);
    expect(compare({ ...nothing, volumes: whole.volumes }, stateOf([])).foreign).toBe(true);
  });

  it("is a stack of the same name on another engine", () => {
    const elsewhere = {
      ...whole,
      containers: [container("x1", "nginx-container")],
      networks: [network("x2")],
    };
    expect(compare(elsewhere, state).foreign).toBe(true);
  });

  it("is not the first thing that a first run was making", () => {
    const begun = [
      pending("creating", resource(NETWORK, "network-bridge")),
      pending("creating", resource(CONTAINER, "nginx-files")),
    ];
    const half = {
      containers: [container("x1", "nginx-files", "created")],
      networks: [network("x2")],
      volumes: ["v"],
    };
    const found = compare(half, stateOf([resource("random", "password")], begun));
    expect(found.foreign).toBe(false);
    expect(found.strayContainers.map(({ id }) => id)).toEqual(["x1"]);
    expect(compare(half, stateOf([], begun)).foreign).toBe(false);
    expect(compare(half, stateOf([resource("random", "password")], begun.slice(1))).foreign).toBe(true);
  });

  it("is not a volume of a state that holds something already", () => {
    expect(compare({ ...nothing, volumes: ["v"] }, stateOf([resource("random", "password")])).foreign).toBe(
      false,
    );
  });

  it("is not what the failed run itself was making", () => {
    const late = { ...nothing, containers: [container("x1", "nginx-files", "created")] };
    const known = stateOf([resource("random", "password")]);
    expect(compare(late, known).foreign).toBe(true);
    expect(compare(late, known, new Set(["nginx-files"])).foreign).toBe(false);
  });
});

describe("settled", () => {
  it("drops the notes, marks what is to be made again, and touches nothing else", () => {
    const old = { ...nginx, id: "c0", delete: true };
    const before = { ...stateOf([nginx, old, files], [pending("creating", bridge)]), version: 3 };
    expect(settled(before, [nginx.urn])).toEqual({
      version: 3,
      deployment: { resources: [{ ...nginx, taint: true }, old, files], pending_operations: [] },
    });
    expect(settled(before, [urnOf(CONTAINER, "other")]).deployment.resources).toEqual([nginx, old, files]);
  });
});
