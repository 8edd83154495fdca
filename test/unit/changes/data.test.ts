import { describe, expect, it } from "vitest";
import { deploy } from "../../../components/platform";
import { dataReason, isJudged, nameIn } from "../../../lib/changes/data";
import { record } from "../../helpers/harness";
import { sampleSettings } from "../../helpers/settings";
import { urn } from "./events";

const PASSWORD = "random:index/randomPassword:RandomPassword";
const VOLUME = "docker:index/volume:Volume";

describe("what holds data", () => {
  it.each([
    [urn(VOLUME, "postgres-data", "mlflow-platform:postgres:Postgres"), /all databases/],
    [urn(VOLUME, "minio-data", "mlflow-platform:minio:Minio"), /all artifacts/],
    [urn(VOLUME, "audit-data", "mlflow-platform:audit:Audit"), /who did what/],
    [urn(VOLUME, "another", "mlflow-platform:storage:Storage"), /^volume$/],
    [urn("minio:index/s3Bucket:S3Bucket", "b", "mlflow-platform:storage:Storage"), /bucket/],
    [urn("keycloak:index/realm:Realm", "r", "mlflow-platform:identity:Identity"), /realm/],
    [urn("keycloak:index/user:User", "u", "mlflow-platform:identity:Identity"), /person/],
    [urn("postgresql:index/database:Database", "d"), /database/],
    [urn(PASSWORD, "postgres-superuser", "mlflow-platform:postgres:Postgres"), /opens a database/],
    [urn(PASSWORD, "keycloak-admin", "mlflow-platform:keycloak:Keycloak"), /administrator/],
    [urn(PASSWORD, "mlflow-kek-passphrase", "mlflow-platform:mlflow:Mlflow"), /encrypted/],
    [urn("vault:index/thing:Thing", "x"), /does not say yet/],
  ])("%s", (of, reason) => expect(dataReason(of)).toMatch(reason));

  it.each([
    urn(PASSWORD, "identity-account-vision-ci-secret", "mlflow-platform:identity:Identity"),
    urn(
      "docker:index/container:Container",
      "c",
      "mlflow-platform:postgres:Postgres",
      "mlflow-platform:workload:Workload",
    ),
    urn("pulumi:providers:minio", "p"),
    urn("mlflow-platform:postgres:Postgres", "postgres"),
  ])("not %s", (of) => expect(dataReason(of)).toBeUndefined());

  it.each(["http", "self-signed", "acme"])(
    "every type of the program is judged, with %s",
    async (ingress) => {
      const more = ingress === "http" ? {} : { ingress, domain: "ml.example.org", acmeChallenge: "http" };
      const { resources } = await record(() =>
        deploy(sampleSettings(ingress === "self-signed" ? { ingress, domain: "ml.example.org" } : more)),
      );
      expect(resources.length).toBeGreaterThan(100);
      expect([...new Set(resources.map(({ type }) => type))].filter((type) => !isJudged(type))).toEqual([]);
      // The mocks' URNs have no parents, so only types that hold data whatever is above them are found here.
      const data = resources.filter(({ type, name }) => dataReason(urn(type, name)) !== undefined);
      expect(data.map(({ name }) => name)).toEqual(
        expect.arrayContaining([
          "postgres-data",
          "minio-data",
          "audit-data",
          "identity-realm",
          "storage-mlflow-artifacts",
          "access-vision",
        ]),
      );
    },
  );

  it("a component's name cannot hide a type", () => {
    expect(isJudged("mlflow-platform:postgres:Postgres$vault:index/thing:Thing")).toBe(false);
    expect(nameIn(urn("a:b:C", "name::with::colons"))).toBe("name::with::colons");
  });
});
