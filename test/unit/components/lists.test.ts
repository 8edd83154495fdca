import { beforeAll, describe, expect, it } from "vitest";
import { Network } from "../../../components/network";
import { deploy } from "../../../components/platform";
import { record } from "../../helpers/harness";
import { TEST_BED, testBed } from "../../helpers/platform";
import type { Recording } from "../../helpers/recording";
import { sampleSettings } from "../../helpers/settings";

let platform: Recording;

beforeAll(async () => {
  platform = await record(() => deploy(sampleSettings()));
});

/** What each component makes for the sample settings: two teams, four people, three service accounts. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  network: ["Network network-bridge"],
  images: [
    "RemoteImage images-audit",
    "RemoteImage images-base",
    "RemoteImage images-console",
    "RemoteImage images-keycloak",
    "RemoteImage images-minio",
    "RemoteImage images-mlflow",
    "RemoteImage images-nginx",
    "RemoteImage images-postgres",
    "RemoteImage images-python",
    "RemoteImage images-warden",
  ],
  postgres: [
    "Container postgres-container",
    "Container postgres-files",
    "Database postgres-keycloak-database",
    "Database postgres-mlflow-auth-database",
    "Database postgres-mlflow-database",
    "RandomPassword postgres-keycloak-password",
    "RandomPassword postgres-mlflow-auth-password",
    "RandomPassword postgres-mlflow-password",
    "RandomPassword postgres-superuser",
    "Role postgres-keycloak-role",
    "Role postgres-mlflow-auth-role",
    "Role postgres-mlflow-role",
    "Volume postgres-data",
    "provider:postgresql postgres-provider",
  ],
  keycloak: [
    "Container keycloak-container",
    "Container keycloak-files",
    "RandomPassword keycloak-admin",
    "provider:keycloak keycloak-provider",
  ],
  identity: [
    "AudienceProtocolMapper identity-scopes-mlflow-audience",
    "AudienceProtocolMapper identity-scopes-s3-audience",
    "BuiltInClient identity-realm-management",
    "Client identity-account-language-ci",
    "Client identity-account-language-cron",
    "Client identity-account-mlflow-provisioner",
    "Client identity-account-vision-ci",
    "Client identity-auditor",
    "Client identity-clients-cli",
    "Client identity-clients-minio",
    "Client identity-clients-mlflow",
    "Client identity-warden",
    "ClientDefaultScopes identity-account-language-ci-scopes",
    "ClientDefaultScopes identity-account-language-cron-scopes",
    "ClientDefaultScopes identity-account-mlflow-provisioner-scopes",
    "ClientDefaultScopes identity-account-vision-ci-scopes",
    "ClientDefaultScopes identity-auditor-scopes",
    "ClientDefaultScopes identity-cli-scopes",
    "ClientDefaultScopes identity-minio-scopes",
    "ClientDefaultScopes identity-mlflow-scopes",
    "ClientDefaultScopes identity-warden-scopes",
    "ClientScope identity-scopes-groups",
    "ClientScope identity-scopes-mlflow-api",
    "ClientScope identity-scopes-s3-access",
    "ClientServiceAccountRole identity-auditor-role-view-events",
    "ClientServiceAccountRole identity-auditor-role-view-users",
    "ClientServiceAccountRole identity-warden-role-view-clients",
    "ClientServiceAccountRole identity-warden-role-view-events",
    "ClientServiceAccountRole identity-warden-role-view-users",
    "GenericRoleMapper identity-auditor-scope-view-events",
    "GenericRoleMapper identity-auditor-scope-view-users",
    "GenericRoleMapper identity-warden-scope-view-clients",
    "GenericRoleMapper identity-warden-scope-view-events",
    "GenericRoleMapper identity-warden-scope-view-users",
    "Group identity-people-group-language",
    "Group identity-people-group-mlflow-admins",
    "Group identity-people-group-mlflow-users",
    "Group identity-people-group-vision",
    "GroupMembershipProtocolMapper identity-scopes-groups-claim",
    "RandomPassword identity-account-language-ci-secret",
    "RandomPassword identity-account-language-cron-secret",
    "RandomPassword identity-account-mlflow-provisioner-secret",
    "RandomPassword identity-account-vision-ci-secret",
    "RandomPassword identity-auditor-secret",
    "RandomPassword identity-clients-minio-secret",
    "RandomPassword identity-clients-mlflow-secret",
    "RandomPassword identity-people-ada-password",
    "RandomPassword identity-people-luis-password",
    "RandomPassword identity-people-nora-password",
    "RandomPassword identity-people-vera-password",
    "RandomPassword identity-warden-secret",
    "Realm identity-realm",
    "RealmEvents identity-realm-events",
    "User identity-people-ada",
    "User identity-people-luis",
    "User identity-people-nora",
    "User identity-people-vera",
    "UserAttributeProtocolMapper identity-scopes-policy-claim",
    "UserGroups identity-account-language-ci-groups",
    "UserGroups identity-account-language-cron-groups",
    "UserGroups identity-account-vision-ci-groups",
    "UserGroups identity-people-ada-groups",
    "UserGroups identity-people-luis-groups",
    "UserGroups identity-people-luis-in-language",
    "UserGroups identity-people-luis-in-vision",
    "UserGroups identity-people-vera-groups",
    "UserGroups identity-people-vera-in-vision",
  ],
  audit: [
    "Container audit-container",
    "Container audit-files",
    "RandomPassword audit-store-token",
    "Volume audit-data",
  ],
  minio: [
    "Container minio-container",
    "Container minio-files",
    "RandomPassword minio-root",
    "Volume minio-data",
    "provider:minio minio-provider",
  ],
  console: [
    "Container console-container",
    "Container console-files",
    "RandomPassword console-passphrase",
    "RandomPassword console-salt",
  ],
  storage: [
    "IamPolicy storage-policy-mlflow-server",
    "IamPolicy storage-policy-platform-admins",
    "IamPolicy storage-policy-revoked",
    "IamPolicy storage-policy-team-language",
    "IamPolicy storage-policy-team-vision",
    "IamUser storage-server",
    "IamUserPolicyAttachment storage-server-policy",
    "IlmPolicy storage-mlflow-artifacts-lifecycle",
    "IlmPolicy storage-mlflow-language-lifecycle",
    "IlmPolicy storage-mlflow-vision-lifecycle",
    "RandomPassword storage-server-secret",
    "S3Bucket storage-mlflow-artifacts",
    "S3Bucket storage-mlflow-language",
    "S3Bucket storage-mlflow-vision",
    "S3BucketVersioning storage-mlflow-artifacts-versioning",
    "S3BucketVersioning storage-mlflow-language-versioning",
    "S3BucketVersioning storage-mlflow-vision-versioning",
  ],
  mlflow: [
    "Container mlflow-container",
    "Container mlflow-files",
    "RandomPassword mlflow-kek-passphrase",
    "RandomPassword mlflow-session-key",
  ],
  warden: [
    "Container warden-container",
    "Container warden-files",
    "IamPolicy warden-store-policy",
    "IamUser warden-store-user",
    "IamUserPolicyAttachment warden-store-attachment",
    "RandomPassword warden-store-secret",
  ],
  access: [
    "Account access-account-language-ci",
    "Account access-account-language-cron",
    "Account access-account-vision-ci",
    "Grant access-account-language-ci-grant",
    "Grant access-account-language-cron-grant",
    "Grant access-account-vision-ci-grant",
    "Grant access-language-members",
    "Grant access-vision-members",
    "Workspace access-language",
    "Workspace access-vision",
  ],
  nginx: ["Container nginx-container", "Container nginx-files"],
};

describe("each component", () => {
  it.each(Object.keys(LISTS))("%s makes exactly its resources", (component) => {
    expect(platform.listUnder(component)).toEqual(LISTS[component]);
  });

  it("is in this table, and nothing lies outside of it but the engine's provider", () => {
    const all = [...Object.values(LISTS).flat(), "provider:docker docker"];
    expect(platform.list()).toEqual(all.sort());
  });

  it("closes with its outputs, so that none stays open in the engine", () => {
    const components = platform.resources.filter(({ custom }) => !custom);
    expect(components.length).toBeGreaterThan(15);
    expect(
      components.filter(({ urn }) => !platform.componentOutputs.has(urn)).map(({ name }) => name),
    ).toEqual([]);
  });

  it("has a type of this project, mlflow-platform:<module>:<Type>", () => {
    const types = platform.resources.filter(({ custom }) => !custom).map(({ type }) => type);
    expect(types.filter((type) => !/^mlflow-platform:[a-z]+:[A-Z][A-Za-z]+$/.test(type))).toEqual([]);
  });
});

describe("the network", () => {
  it("is a bridge of the stack's own, by the name that containers are given", async () => {
    const recording = await record(() => void testBed({ stack: "prod" }), { stack: "prod" });
    expect(recording.list()).toEqual(TEST_BED);
    expect(recording.get("Network", "network-bridge").inputs).toEqual({
      name: "mlflow-platform-prod",
      driver: "bridge",
      labels: [
        { label: "mlflow-platform.resource", value: "network-bridge" },
        { label: "mlflow-platform.service", value: "network" },
        { label: "mlflow-platform.stack", value: "prod" },
      ],
    });
  });

  it("would be found twice if it were declared twice", async () => {
    const recording = await record(() => {
      const { options } = testBed();
      new Network("network", { stack: "dev" }, options);
    });
    expect(recording.duplicates()).toEqual([
      "mlflow-platform:network:Network::network",
      "mlflow-platform:network:Network$docker:index/network:Network::network-bridge",
    ]);
  });
});
