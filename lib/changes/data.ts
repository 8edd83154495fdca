/**
 * What holds data, or opens it: what nobody gets back by running `up` again. The engine's URN says what a resource is
 * in this program: its type, and the types of the components above it.
 */

const POSTGRES = "mlflow-platform:postgres:Postgres";

/** A kind of resource that holds data. */
interface DataKind {
  readonly type: string;
  /** The component of this type above it makes the difference. @default any */
  readonly below?: string;
  /** What is lost with it, for people. */
  readonly reason: string;
}

/** First match counts. */
const DATA: readonly DataKind[] = [
  {
    type: "docker:index/volume:Volume",
    below: POSTGRES,
    reason: "volume of all databases: runs, models, accounts, grants and the realm",
  },
  {
    type: "docker:index/volume:Volume",
    below: "mlflow-platform:minio:Minio",
    reason: "volume of the object store: all artifacts",
  },
  {
    type: "docker:index/volume:Volume",
    below: "mlflow-platform:audit:Audit",
    reason: "volume of the audit stream: who did what",
  },
  {
    type: "docker:index/volume:Volume",
    below: "mlflow-platform:certificates:CertificateStore",
    reason: "volume of certificates and the account at the CA, which gives few new ones a week",
  },
  { type: "docker:index/volume:Volume", reason: "volume" },
  { type: "minio:index/s3Bucket:S3Bucket", reason: "bucket with its artifacts" },
  { type: "postgresql:index/database:Database", reason: "database" },
  { type: "postgresql:index/role:Role", reason: "role that owns a database" },
  {
    type: "keycloak:index/realm:Realm",
    reason: "realm: every person, password, second factor, client and session",
  },
  {
    type: "keycloak:index/user:User",
    reason: "a person's account: password, second factor, and the subject by which services know the person",
  },
  {
    type: "pulumi-nodejs:dynamic/mlflow-platform:Workspace",
    reason: "a team's workspace: experiments, runs and models",
  },
  {
    type: "random:index/randomPassword:RandomPassword",
    below: POSTGRES,
    reason: "password that opens a database",
  },
  {
    type: "random:index/randomPassword:RandomPassword",
    below: "mlflow-platform:keycloak:Keycloak",
    reason: "password of Keycloak's administrator, which Keycloak takes only when its database is new",
  },
  {
    type: "random:index/randomPassword:RandomPassword",
    below: "mlflow-platform:mlflow:Mlflow",
    reason: "key of MLflow that opens what it keeps encrypted",
  },
];

/** What is made anew without loss, by its type. */
const NO_DATA: ReadonlySet<string> = new Set([
  "docker:index/container:Container",
  "docker:index/network:Network",
  "docker:index/remoteImage:RemoteImage",
  "keycloak:index/genericRoleMapper:GenericRoleMapper",
  "keycloak:index/group:Group",
  "keycloak:index/realmEvents:RealmEvents",
  "keycloak:index/userGroups:UserGroups",
  "keycloak:openid/audienceProtocolMapper:AudienceProtocolMapper",
  "keycloak:openid/client:Client",
  "keycloak:openid/clientDefaultScopes:ClientDefaultScopes",
  "keycloak:openid/clientOptionalScopes:ClientOptionalScopes",
  "keycloak:openid/clientScope:ClientScope",
  "keycloak:openid/clientServiceAccountRole:ClientServiceAccountRole",
  "keycloak:openid/groupMembershipProtocolMapper:GroupMembershipProtocolMapper",
  "keycloak:openid/userAttributeProtocolMapper:UserAttributeProtocolMapper",
  "minio:index/iamPolicy:IamPolicy",
  "minio:index/iamUser:IamUser",
  "minio:index/iamUserPolicyAttachment:IamUserPolicyAttachment",
  "minio:index/ilmPolicy:IlmPolicy",
  "minio:index/s3BucketVersioning:S3BucketVersioning",
  "pulumi-nodejs:dynamic/mlflow-platform:Account",
  "pulumi-nodejs:dynamic/mlflow-platform:BuiltInClient",
  "pulumi-nodejs:dynamic/mlflow-platform:Grant",
  "pulumi:pulumi:Stack",
  // Passwords of people and accounts, which are set anew in the same run; those that open data are named above.
  "random:index/randomPassword:RandomPassword",
  "tls:index/certRequest:CertRequest",
  "tls:index/locallySignedCert:LocallySignedCert",
  "tls:index/privateKey:PrivateKey",
  "tls:index/selfSignedCert:SelfSignedCert",
]);

/** The types in a URN, the outermost component first and the resource's own last. */
export function typesOf(urn: string): string[] {
  return (urn.split("::")[2] ?? "").split("$");
}

/** The logical name in a URN. */
export function nameIn(urn: string): string {
  return urn.split("::").slice(3).join("::") || urn;
}

/**
 * What is lost when a resource goes or is made anew, in words; undefined for what holds no data. A type that nobody
 * has judged yet counts as data: better asked once too often.
 */
export function dataReason(urn: string): string | undefined {
  const types = typesOf(urn);
  const type = types.at(-1) ?? "";
  const found = DATA.find(
    (kind) => kind.type === type && (kind.below === undefined || types.includes(kind.below)),
  );
  if (found !== undefined) return found.reason;
  if (NO_DATA.has(type) || isPlumbing(type)) return undefined;
  return `of the type ${type}, of which lib/changes/data.ts does not say yet whether it holds data`;
}

/** Whether somebody has decided whether a type holds data. A test asks for every type of the program. */
export function isJudged(type: string): boolean {
  return DATA.some((kind) => kind.type === type) || NO_DATA.has(type) || isPlumbing(type);
}

/** Components and providers are no things of their own. */
export function isPlumbing(type: string): boolean {
  return /^mlflow-platform:[A-Za-z]+:[A-Za-z]+$/.test(type) || type.startsWith("pulumi:providers:");
}
