import type { StateResource } from "../engine/recovery/state";
import { nameOf } from "../engine/progress";

/** What people call a thing, by its type. */
const NOUNS: Readonly<Record<string, string>> = {
  "docker:index/container:Container": "Container",
  "docker:index/network:Network": "Network",
  "docker:index/remoteImage:RemoteImage": "Image",
  "docker:index/volume:Volume": "Volume",
  "keycloak:index/genericRoleMapper:GenericRoleMapper": "Keycloak scope of a role",
  "keycloak:index/group:Group": "Keycloak group",
  "keycloak:index/realm:Realm": "Keycloak realm",
  "keycloak:index/realmEvents:RealmEvents": "Keycloak's recording of events",
  "keycloak:index/user:User": "Keycloak user",
  "keycloak:index/userGroups:UserGroups": "Keycloak group membership",
  "keycloak:openid/client:Client": "Keycloak client",
  "keycloak:openid/clientDefaultScopes:ClientDefaultScopes": "Keycloak default scopes",
  "keycloak:openid/clientScope:ClientScope": "Keycloak client scope",
  "keycloak:openid/clientServiceAccountRole:ClientServiceAccountRole": "Keycloak role of a service account",
  "minio:index/iamPolicy:IamPolicy": "Object store policy",
  "minio:index/iamUser:IamUser": "Object store user",
  "minio:index/iamUserPolicyAttachment:IamUserPolicyAttachment": "Object store policy of a user",
  "minio:index/ilmPolicy:IlmPolicy": "Bucket lifecycle",
  "minio:index/s3Bucket:S3Bucket": "Bucket",
  "minio:index/s3BucketVersioning:S3BucketVersioning": "Bucket versioning",
  "postgresql:index/database:Database": "Postgres database",
  "postgresql:index/role:Role": "Postgres role",
  "pulumi-nodejs:dynamic/mlflow-platform:Account": "MLflow account",
  "pulumi-nodejs:dynamic/mlflow-platform:Grant": "MLflow grant",
  "pulumi-nodejs:dynamic/mlflow-platform:Workspace": "MLflow workspace",
};

/** Ids that services make up. */
export const MADE_UP = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

/** Inputs that name a thing, the best first. */
const NAMES = ["clientId", "username", "bucket", "realm", "name"];

/**
 * What a resource is and which one, for people: `Keycloak client mlflow`.
 *
 * @param resource - as the state holds it
 */
export function placeOf({ urn, type, inputs = {} }: StateResource): string {
  const noun = NOUNS[type] ?? type.split(":").at(-1) ?? type;
  if (type.endsWith("mlflow-platform:Grant")) {
    return `${noun} of ${String(inputs["kind"])} ${String(inputs["holder"])} in workspace ${String(inputs["workspace"])}`;
  }
  const logical = nameOf(urn);
  // An id that is made up says nothing to people; then it is the program's own name.
  const named = NAMES.map((key) => inputs[key]).find(
    (value): value is string => typeof value === "string" && !MADE_UP.test(value),
  );
  return named === undefined || type.includes("Scopes") || type.includes("UserGroups")
    ? `${noun} ${logical}`
    : `${noun} ${named}`;
}
