import { parseSettings } from "../../../config/settings";
import { deploy } from "../../../components/platform";
import { record } from "../harness";
import { opened } from "../secrets";
import { urnsOf } from "./urns";

/** Name of the stack whose resources are recorded. */
const STACK = "team";

/** Ways in, by the setting `ingress`; each has resources of its own. */
export const MODES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  http: {},
  "self-signed": { ingress: "self-signed", domain: "team.example.org" },
  acme: { ingress: "acme", domain: "team.duckdns.org", duckdnsToken: "a token" },
};

/** People and teams of each kind. Their names are data; what is made of them must keep its name. */
const SETTINGS = {
  users: [
    { username: "ada", email: "ada@example.com", firstName: "Ada", lastName: "Admin", admin: true },
    { username: "vera", email: "vera@example.com", firstName: "Vera", lastName: "Vision" },
    { username: "vito", email: "vito@example.com", firstName: "Vito", lastName: "Vision" },
    { username: "nora", email: "nora@example.com", firstName: "Nora", lastName: "Nobody" },
  ],
  teams: [
    {
      ...{ name: "vision", members: ["vera"], admins: ["ada"], readers: ["vito"], quotaGiB: 5 },
      serviceAccounts: ["vision-ci", { name: "vision-report", role: "reader", generation: 2 }],
    },
    { name: "language", members: [], retain: false },
  ],
};

/** A resource as the engine knows it. */
export interface DeclaredResource {
  /** Its own URN first, then those by which the engine finds it besides: of aliases. */
  readonly urns: readonly [string, ...string[]];
  /** What its object is known by, or is generated from: another value makes another object. */
  readonly fixed: Readonly<Record<string, unknown>>;
}

/**
 * What holds data, or opens some, or is somebody: by type, with the inputs of which another value makes another
 * object.
 */
const FIXED: Readonly<Record<string, readonly string[]>> = {
  "docker:index/volume:Volume": ["name"],
  "keycloak:index/group:Group": ["name"],
  "keycloak:index/realm:Realm": ["realm"],
  "keycloak:index/user:User": ["username"],
  "keycloak:openid/client:Client": ["clientId"],
  "minio:index/iamUser:IamUser": ["name"],
  "minio:index/s3Bucket:S3Bucket": ["bucket"],
  "postgresql:index/database:Database": ["name", "encoding", "template"],
  "postgresql:index/role:Role": ["name"],
  "pulumi-nodejs:dynamic/mlflow-platform:Account": ["username"],
  "pulumi-nodejs:dynamic/mlflow-platform:Workspace": ["name"],
  "random:index/randomPassword:RandomPassword": ["length", "special", "keepers"],
  "tls:index/privateKey:PrivateKey": ["algorithm", "ecdsaCurve"],
  "tls:index/selfSignedCert:SelfSignedCert": ["isCaCertificate"],
};

/** Whether a resource holds data, opens some, or is somebody. */
export function isKept(urn: string): boolean {
  return (urn.split("::")[2]?.split("$").at(-1) ?? "") in FIXED;
}

/**
 * All resources that this checkout declares for settings that are always the same.
 *
 * @param mode - key of {@link MODES}
 */
export async function declaredResources(mode: string): Promise<DeclaredResource[]> {
  const settings = parseSettings(STACK, { ...SETTINGS, ...MODES[mode] });
  const recording = await record(() => deploy(settings), { stack: STACK });
  return recording.custom.map((resource) => {
    const inputs = opened(resource.inputs) as Readonly<Record<string, unknown>>;
    const fixed = Object.fromEntries(
      (FIXED[resource.type] ?? []).flatMap((key) =>
        inputs[key] === undefined ? [] : [[key, inputs[key]] as const],
      ),
    );
    return { urns: urnsOf(recording, resource, STACK), fixed };
  });
}
