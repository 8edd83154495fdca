import type Docker from "dockerode";
import { describe, expect, it } from "vitest";
import { containerFindings } from "../../../cli/drift/containers";
import { unreachable } from "../../../cli/drift/services";
import { volumeFindings } from "../../../cli/drift/volumes";
import { CONTAINER, NETWORK, VOLUME } from "../../../cli/engine/recovery/state";
import { resource, stateOf } from "../recovery/state";

type Known = Readonly<Record<string, object>>;

/** An engine that knows some containers, volumes and networks, by id or name. */
function engineWith(containers: Known, volumes: Known = {}, networks: Known = {}): Docker {
  const of = (known: Known) => (id: string) => ({
    inspect: async () => {
      const found = known[id];
      if (found === undefined) throw Object.assign(new Error("no such thing"), { statusCode: 404 });
      return found;
    },
  });
  return {
    ...{ getContainer: of(containers), getVolume: of(volumes), getNetwork: of(networks) },
  } as unknown as Docker;
}

const nginx = resource(CONTAINER, "nginx-container", { id: "1".repeat(64), inputs: { name: "p-nginx" } });
const runs = {
  Id: "1".repeat(64),
  State: { Status: "running" },
  HostConfig: {},
  NetworkSettings: { Networks: {} },
};

describe("containers", () => {
  it("that are there are not listed; one that waits for its removal is not looked at", async () => {
    const old = resource(CONTAINER, "old", { id: "gone", delete: true });
    expect(await containerFindings(engineWith({ [runs.Id]: runs }), stateOf([nginx, old]))).toEqual([]);
  });

  it("that are gone are listed as gone, those that somebody made anew as another one", async () => {
    expect(await containerFindings(engineWith({}), stateOf([nginx]))).toMatchObject([
      { what: "Container p-nginx", kind: "gone" },
    ]);
    const another = { ...runs, Id: "2".repeat(64) };
    expect(await containerFindings(engineWith({ "p-nginx": another }), stateOf([nginx]))).toMatchObject([
      { kind: "foreign", differences: [{ path: "id", byHand: "2".repeat(12), declared: "1".repeat(12) }] },
    ]);
  });

  it("are not said to be gone when the engine fails", async () => {
    const broken = {
      getContainer: () => ({ inspect: () => Promise.reject(new Error("engine is broken")) }),
    } as unknown as Docker;
    await expect(containerFindings(broken, stateOf([nginx]))).rejects.toThrow("engine is broken");
  });
});

describe("volumes and networks", () => {
  const data = resource(VOLUME, "audit-data", { id: "p-audit-data", inputs: { name: "p-audit-data" } });
  const bridge = resource(NETWORK, "network-bridge", { id: "n1", inputs: { name: "p" } });
  const ours = { Labels: { "mlflow-platform.stack": "dev" } };

  it("with the stack's label are not listed", async () => {
    const engine = engineWith({}, { "p-audit-data": ours }, { n1: ours });
    expect(await volumeFindings(engine, stateOf([data, bridge]), "dev")).toEqual([]);
  });

  it("that are gone are listed; a volume with what is lost", async () => {
    expect(await volumeFindings(engineWith({}), stateOf([data, bridge]), "dev")).toMatchObject([
      { what: "Volume p-audit-data", kind: "gone", lost: "volume" },
      { what: "Network p", kind: "gone" },
    ]);
  });

  it.each([
    ["without labels", { Labels: null }],
    ["of another stack", { Labels: { "mlflow-platform.stack": "prod" } }],
  ])("of the name, but %s, are listed as another one", async (_title, found) => {
    const [finding] = await volumeFindings(engineWith({}, { "p-audit-data": found }), stateOf([data]), "dev");
    expect(finding).toMatchObject({ kind: "foreign", lost: "volume" });
  });
});

describe("what cannot be asked", () => {
  const healthy = { State: { Status: "running", Health: { Status: "healthy" } } };
  const services = ["postgres", "keycloak", "minio", "mlflow"];
  const all = Object.fromEntries(services.map((service) => [`mlflow-platform-dev-${service}`, healthy]));
  const resources = [
    resource("keycloak:index/realm:Realm", "realm"),
    resource("minio:index/s3Bucket:S3Bucket", "bucket"),
    resource("pulumi-nodejs:dynamic/mlflow-platform:Grant", "grant"),
  ];
  const state = stateOf([...resources, nginx]);
  const closed = (containers: Known, of = state) => unreachable(engineWith(containers), of, "dev");

  it("is nothing where the services are healthy", async () => {
    expect(await closed(all)).toEqual({ notCompared: [], urns: [] });
  });

  it("is what needs a service that is stopped, starting or gone, and that alone", async () => {
    const { notCompared, urns } = await closed({
      ...all,
      "mlflow-platform-dev-keycloak": { State: { Status: "exited" } },
    });
    expect(notCompared).toEqual([
      { what: "everything in Keycloak", why: "keycloak is exited" },
      { what: "workspaces, accounts and grants in MLflow", why: "keycloak is exited" },
    ]);
    expect(urns).toEqual([resources[0]?.urn, resources[2]?.urn]);
    const starting = { State: { Status: "running", Health: { Status: "starting" } } };
    const { notCompared: store } = await closed({ ...all, "mlflow-platform-dev-minio": starting });
    expect(store.map(({ why }) => why)).toEqual(["minio is starting"]);
  });

  it("is everything while the stack is down, and that is the reason", async () => {
    const { notCompared } = await closed({}, stateOf(resources));
    expect(notCompared.map(({ why }) => why)).toEqual(Array(4).fill("the stack is down"));
  });
});
