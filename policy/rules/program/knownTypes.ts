import type { Rule } from "../../rule";
import { TYPES } from "../../resource";

/**
 * Types that the rules were written for. A type that is not here may open what the rules close for the others: a
 * `docker.Service` is a container without the container's rules. Whoever adds one looks first which rules concern it.
 */
export const KNOWN_TYPES: ReadonlySet<string> = new Set([
  ...Object.values(TYPES),
  "keycloak:index/genericRoleMapper:GenericRoleMapper",
  "keycloak:index/realmEvents:RealmEvents",
  "keycloak:index/userGroups:UserGroups",
  "keycloak:openid/audienceProtocolMapper:AudienceProtocolMapper",
  "keycloak:openid/clientDefaultScopes:ClientDefaultScopes",
  "keycloak:openid/clientScope:ClientScope",
  "keycloak:openid/clientServiceAccountRole:ClientServiceAccountRole",
  "keycloak:openid/groupMembershipProtocolMapper:GroupMembershipProtocolMapper",
  "keycloak:openid/userAttributeProtocolMapper:UserAttributeProtocolMapper",
  "minio:index/iamUser:IamUser",
  "minio:index/ilmPolicy:IlmPolicy",
  "minio:index/s3BucketVersioning:S3BucketVersioning",
  "postgresql:index/database:Database",
  "pulumi:pulumi:Stack",
  "pulumi:pulumi:StackReference",
  "pulumi-nodejs:dynamic/mlflow-platform:Account",
  "pulumi-nodejs:dynamic/mlflow-platform:BuiltInClient",
  "pulumi-nodejs:dynamic/mlflow-platform:Grant",
  "pulumi-nodejs:dynamic/mlflow-platform:Workspace",
  "pulumi:providers:docker",
  "pulumi:providers:keycloak",
  "pulumi:providers:minio",
  "pulumi:providers:postgresql",
  "pulumi:providers:pulumi",
  "pulumi:providers:pulumi-nodejs",
  "pulumi:providers:random",
  "pulumi:providers:tls",
  "random:index/randomPassword:RandomPassword",
  "tls:index/certRequest:CertRequest",
  "tls:index/locallySignedCert:LocallySignedCert",
  "tls:index/privateKey:PrivateKey",
  "tls:index/selfSignedCert:SelfSignedCert",
]);

/** Components make nothing themselves; what they contain is judged by itself. */
const OWN_COMPONENTS = /^mlflow-platform:[a-zA-Z]+:[a-zA-Z]+$/;

export const knownTypes: Rule = {
  name: "known-types",
  area: "program",
  what: "Every resource is of a type that the rules know, such as a container; `docker.Service` or another provider's is none.",
  why: "A type that no rule knows would pass by all of them.",
  remedy:
    "Declare it with the types of policy/rules/program/knownTypes.ts, or add the type there together with the rules that concern it.",
  check: ({ type }) =>
    KNOWN_TYPES.has(type) || OWN_COMPONENTS.test(type) ? [] : [`no rule was written for the type ${type}`],
};
