import type { Candidate } from "./candidates";
import type { KeycloakAdmin } from "./keycloakAdmin";

/**
 * How the object of a resource is found, by its type: the id by which `pulumi import` takes it, or undefined when
 * there is none. Names are enough where the service itself identifies by name; whether such an object exists, the
 * import tells. The formats are those of the providers' importers (`*ImporterState*` in their sources).
 */
type Resolver = (candidate: Candidate, admin: () => Promise<KeycloakAdmin>) => Promise<string | undefined>;

const byName =
  (property: string): Resolver =>
  ({ inputs }) =>
    Promise.resolve(text(inputs[property]));

/** A protocol mapper, on a client scope or on a client: `<realm>/client-scope/<scope>/<id>`. */
const mapper: Resolver = async ({ inputs }, admin) => {
  const realm = text(inputs["realmId"]);
  const scope = text(inputs["clientScopeId"]);
  const holder = scope ?? text(inputs["clientId"]);
  if (realm === undefined || holder === undefined) return undefined;
  const [api, kind] = scope === undefined ? ["clients", "client"] : ["client-scopes", "client-scope"];
  const id = await (
    await admin()
  ).find(realm, `${api}/${holder}/protocol-mappers/models`, "name", inputs["name"]);
  return id === undefined ? undefined : `${realm}/${kind}/${holder}/${id}`;
};

/** Something that Keycloak lists directly below the realm: `<realm>/<id>`. */
const inRealm =
  (path: (inputs: Candidate["inputs"]) => string, key: string): Resolver =>
  async ({ inputs }, admin) => {
    const realm = text(inputs["realmId"]);
    if (realm === undefined) return undefined;
    const id = await (await admin()).find(realm, path(inputs), key, inputs[key]);
    return id === undefined ? undefined : `${realm}/${id}`;
  };

const query = (value: unknown): string => encodeURIComponent(text(value) ?? "");

/** Types whose creation fails when the object is there already. */
export const RESOLVERS: Readonly<Record<string, Resolver>> = {
  "postgresql:index/role:Role": byName("name"),
  "postgresql:index/database:Database": byName("name"),
  "minio:index/s3Bucket:S3Bucket": byName("bucket"),
  "keycloak:index/realm:Realm": byName("realm"),
  "keycloak:openid/client:Client": inRealm(
    ({ clientId }) => `clients?clientId=${query(clientId)}`,
    "clientId",
  ),
  "keycloak:openid/clientScope:ClientScope": inRealm(() => "client-scopes", "name"),
  "keycloak:index/group:Group": inRealm(({ name }) => `groups?exact=true&search=${query(name)}`, "name"),
  "keycloak:index/user:User": inRealm(
    ({ username }) => `users?exact=true&username=${query(username)}`,
    "username",
  ),
  "keycloak:openid/audienceProtocolMapper:AudienceProtocolMapper": mapper,
  "keycloak:openid/groupMembershipProtocolMapper:GroupMembershipProtocolMapper": mapper,
  "keycloak:openid/userAttributeProtocolMapper:UserAttributeProtocolMapper": mapper,
};

/** Types whose creation takes what is there already, or makes nothing outside of the state. */
export const IDEMPOTENT: ReadonlySet<string> = new Set([
  // By name; a volume that exists is taken as it is.
  "docker:index/volume:Volume",
  "docker:index/remoteImage:RemoteImage",
  "random:index/randomPassword:RandomPassword",
  // They write settings of an object, whole.
  "keycloak:index/realmEvents:RealmEvents",
  "keycloak:index/userGroups:UserGroups",
  "keycloak:openid/clientDefaultScopes:ClientDefaultScopes",
  // Giving what is given already changes nothing.
  "keycloak:openid/clientServiceAccountRole:ClientServiceAccountRole",
  "keycloak:index/genericRoleMapper:GenericRoleMapper",
  "minio:index/iamPolicy:IamPolicy",
  "minio:index/iamUser:IamUser",
  "minio:index/iamUserPolicyAttachment:IamUserPolicyAttachment",
  "minio:index/ilmPolicy:IlmPolicy",
  "minio:index/s3BucketVersioning:S3BucketVersioning",
  // They look first, or do nothing else.
  "pulumi-nodejs:dynamic/mlflow-platform:Account",
  "pulumi-nodejs:dynamic/mlflow-platform:BuiltInClient",
  "pulumi-nodejs:dynamic/mlflow-platform:Grant",
  "pulumi-nodejs:dynamic/mlflow-platform:Workspace",
]);

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
