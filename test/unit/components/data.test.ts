import { describe, expect, it } from "vitest";
import { deploy } from "../../../components/platform";
import { record } from "../../helpers/harness";
import type { Recorded } from "../../helpers/recording";
import { sampleSettings } from "../../helpers/settings";

const volumes = (protectData: boolean) =>
  record(() => deploy(sampleSettings({ protectData }))).then((recording) => recording.ofType("Volume"));

describe("what holds data", () => {
  it("is volumes of fixed names, labelled with their stack and resource", async () => {
    expect((await volumes(true)).map(({ name, inputs }) => [name, inputs])).toEqual([
      ["postgres-data", volumeInputs("postgres")],
      ["audit-data", volumeInputs("audit")],
      ["minio-data", volumeInputs("minio")],
    ]);
  });

  it.each([true, false])(
    "is protected and outlives a destroy when protectData is %s, only then",
    async (on) => {
      const found = await volumes(on);
      expect(found).toHaveLength(3);
      for (const volume of found) expect(volume).toMatchObject({ protect: on, retainOnDelete: on });
    },
  );

  it("is never protected by accident: nothing else is, so containers can always be replaced", async () => {
    const { custom } = await record(() => deploy(sampleSettings({ protectData: true })));
    expect(custom.filter(({ protect }) => protect).map(({ name }) => name)).toEqual([
      "postgres-data",
      "audit-data",
      "minio-data",
    ]);
  });

  it("takes what services keep in it along: no call to a service is needed to destroy", async () => {
    const { custom } = await record(() => deploy(sampleSettings()));
    const kept = (resource: Recorded): boolean =>
      /^(keycloak|minio|postgresql|pulumi-nodejs):/.test(resource.type);
    const wanted = ({ type }: Recorded): string =>
      type.startsWith("minio:") ? "minio-data" : "postgres-data";
    const inServices = custom.filter(kept);
    expect(inServices.length).toBeGreaterThan(50);
    expect(
      inServices.filter((it) => it.deletedWith.split("::").at(-1) !== wanted(it)).map(({ name }) => name),
    ).toEqual([]);
    // Everything else is the engine's and goes by itself.
    expect(custom.filter((it) => !kept(it) && it.deletedWith !== "")).toEqual([]);
  });

  it("in the object store is kept when a team leaves: buckets are retained", async () => {
    const recording = await record(() => deploy(sampleSettings()));
    for (const type of ["S3Bucket", "S3BucketVersioning", "IlmPolicy"]) {
      const found = recording.ofType(type);
      expect(found, type).toHaveLength(3);
      for (const { name, retainOnDelete } of found) expect(retainOnDelete, name).toBe(true);
    }
  });
});

function volumeInputs(service: string): unknown {
  return {
    name: `mlflow-platform-dev-${service}-data`,
    labels: [
      { label: "mlflow-platform.resource", value: `${service}-data` },
      { label: "mlflow-platform.service", value: service },
      { label: "mlflow-platform.stack", value: "dev" },
    ],
  };
}
