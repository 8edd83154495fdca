import Docker from "dockerode";
import { z } from "zod";
import { expectStatus, jsonOf } from "../../../cli/smoke/http";
import { KeycloakAdmin } from "../../../cli/smoke/keycloak";
import { adminApi } from "../../../cli/smoke/mlflow";
import { adminS3 } from "../../../cli/smoke/objects";
import type { StackOutputs } from "../../../cli/smoke/outputs";
import { objectName } from "../../../lib/names";
import { execIn } from "../../helpers/containers";
import { adminCall } from "../../helpers/storeAdmin";

/** Something that a person changes in a service by hand. */
export interface HandMade {
  readonly title: string;
  /** Changes it. */
  make(outputs: StackOutputs): Promise<void>;
  /** How `drift` lists it. */
  readonly listed: RegExp;
  /** Whether the service itself says that it is as declared. */
  repaired(outputs: StackOutputs): Promise<boolean>;
}

const clientSchema = z.array(z.looseObject({ id: z.string(), redirectUris: z.array(z.string()) }));
const realmSchema = z.looseObject({ accessTokenLifespan: z.number() });
const groupsSchema = z.array(z.object({ id: z.string(), name: z.string() }));
const grantsSchema = z.array(z.looseObject({ group_name: z.string(), permission: z.string() }));
const policySchema = z.looseObject({ PolicyName: z.string().optional(), Policy: z.unknown() });

const EVIL = "https://elsewhere.example/callback";
const GRANT = "/api/3.0/mlflow/permissions/workspaces/vision/groups";
/** Seconds; ten hours. */
const LONG = 36_000;
const engine = new Docker();

async function inRealm<T>(
  outputs: StackOutputs,
  work: (admin: KeycloakAdmin, get: (path: string) => Promise<unknown>) => Promise<T>,
): Promise<T> {
  const admin = new KeycloakAdmin(outputs);
  try {
    return await work(admin, async (path) => jsonOf(await admin.call(path), path || "the realm"));
  } finally {
    await admin.close();
  }
}

async function mlflowClient(get: (path: string) => Promise<unknown>) {
  const [client] = clientSchema.parse(await get("/clients?clientId=mlflow"));
  if (client === undefined) throw new Error("the realm has no client mlflow");
  return client;
}

/** Vera's way to her team's group. */
async function membership(admin: KeycloakAdmin, get: (path: string) => Promise<unknown>) {
  const vera = await admin.findUser("vera");
  const group = groupsSchema
    .parse(await get("/groups?exact=true&search=vision"))
    .find(({ name }) => name === "vision");
  if (vera === undefined || group === undefined) throw new Error("vera or her group is not there");
  return { path: `/users/${vera.id}/groups/${group.id}`, groups: `/users/${vera.id}/groups`, id: group.id };
}

async function sql(outputs: StackOutputs, query: string): Promise<string> {
  const { exitCode, stdout, stderr } = await execIn(
    objectName(outputs.settings.stack, "postgres"),
    ["psql", "-U", "postgres", "-Atc", query],
    "postgres",
  );
  if (exitCode !== 0) throw new Error(stderr);
  return stdout.trim();
}

/** What everybody's hands reach, one in each service and more. */
export const HAND_MADE: readonly HandMade[] = [
  {
    title: "a redirect URI of a Keycloak client",
    make: (outputs) =>
      inRealm(outputs, async (admin, get) => {
        const client = await mlflowClient(get);
        const json = { ...client, redirectUris: [...client.redirectUris, EVIL] };
        expectStatus(await admin.call(`/clients/${client.id}`, { method: "PUT", json }), "the client", [204]);
      }),
    listed:
      /~ Keycloak client mlflow\n(?: +.*\n)*? +validRedirectUris.*https:\/\/elsewhere\.example\/callback/,
    repaired: (outputs) =>
      inRealm(outputs, async (_admin, get) => !(await mlflowClient(get)).redirectUris.includes(EVIL)),
  },
  {
    title: "how long tokens of the realm live",
    make: (outputs) =>
      inRealm(outputs, async (admin) => {
        const json = { accessTokenLifespan: LONG };
        expectStatus(await admin.call("", { method: "PUT", json }), "the realm", [204]);
      }),
    listed:
      /~ Keycloak realm mlflow-\S+\n(?: +.*\n)*? +accessTokenLifespan: by hand 10h0m0s, declared 5m0?s?/,
    repaired: (outputs) =>
      inRealm(
        outputs,
        async (_admin, get) => realmSchema.parse(await get("")).accessTokenLifespan === 5 * 60,
      ),
  },
  {
    title: "a membership of a group",
    make: (outputs) =>
      inRealm(outputs, async (admin, get) => {
        const { path } = await membership(admin, get);
        expectStatus(await admin.call(path, { method: "DELETE" }), "leaving the group", [204]);
      }),
    listed:
      /[~-] Keycloak group membership identity-people-vera-in-vision\n +groupIds\[0\]: by hand \(nothing\), declared Keycloak group vision/,
    repaired: (outputs) =>
      inRealm(outputs, async (admin, get) => {
        const { groups, id } = await membership(admin, get);
        return groupsSchema.parse(await get(groups)).some((group) => group.id === id);
      }),
  },
  {
    title: "a grant in MLflow",
    async make(outputs) {
      const json = { group_name: "vision", permission: "MANAGE" };
      const answer = await adminApi(outputs, undefined).call(`${GRANT}/vision`, { method: "PATCH", json });
      expectStatus(answer, "the grant", [200]);
    },
    listed: /~ MLflow grant of group vision in workspace vision\n +permission: by hand MANAGE, declared EDIT/,
    async repaired(outputs) {
      const body = jsonOf(await adminApi(outputs, undefined).call(GRANT), "grants");
      const list = Array.isArray(body) ? body : Object.values(body as object).find(Array.isArray);
      return grantsSchema
        .parse(list)
        .some(({ group_name: name, permission }) => name === "vision" && permission === "EDIT");
    },
  },
  {
    title: "a right of a role in Postgres",
    async make(outputs) {
      await sql(outputs, "alter role mlflow_auth createdb");
    },
    listed: /~ Postgres role mlflow_auth\n +createDatabase: by hand true/,
    repaired: async (outputs) =>
      (await sql(outputs, "select rolcreatedb from pg_roles where rolname = 'mlflow_auth'")) === "f",
  },
  {
    title: "a team's policy in the object store",
    make: async (outputs) => {
      const everything = { Effect: "Allow", Action: ["s3:*"], Resource: ["arn:aws:s3:::*"] };
      const policy = { Version: "2012-10-17", Statement: [everything] };
      await adminCall(outputs, "PUT", "add-canned-policy", "name=team-vision", JSON.stringify(policy));
    },
    listed: /~ Object store policy team-vision\n +policy: by hand .*arn:aws:s3:::\*/,
    async repaired(outputs) {
      const text = await adminCall(outputs, "GET", "info-canned-policy", "name=team-vision&v=2");
      return !JSON.stringify(policySchema.parse(JSON.parse(text)).Policy).includes('"arn:aws:s3:::*"');
    },
  },
  {
    title: "a bucket that is opened to everybody",
    async make(outputs) {
      const read = { Effect: "Allow", Principal: { AWS: ["*"] }, Action: ["s3:GetObject"] };
      const statement = { ...read, Resource: ["arn:aws:s3:::mlflow-vision/*"] };
      await adminS3(outputs).setBucketPolicy(
        "mlflow-vision",
        JSON.stringify({ Version: "2012-10-17", Statement: [statement] }),
      );
    },
    listed: /~ Bucket mlflow-vision\n +policy for everybody: by hand .*s3:GetObject/,
    repaired: (outputs) =>
      adminS3(outputs)
        .getBucketPolicy("mlflow-vision")
        .then(
          () => false,
          (error: unknown) => (error as { code?: string }).code === "NoSuchBucketPolicy",
        ),
  },
  {
    title: "the memory of a container",
    async make({ settings }) {
      const memory = 999 * 1024 ** 2;
      await engine
        .getContainer(objectName(settings.stack, "console"))
        .update({ Memory: memory, MemorySwap: memory });
    },
    listed: /~ Container \S+-console\n(?: +.*\n)*? +memory: by hand 999/,
    async repaired({ settings }) {
      const { HostConfig: limits } = await engine
        .getContainer(objectName(settings.stack, "console"))
        .inspect();
      return limits.Memory !== 999 * 1024 ** 2;
    },
  },
  {
    title: "a limit that no provider looks at",
    async make({ settings }) {
      await engine.getContainer(objectName(settings.stack, "nginx")).update({ PidsLimit: 5000 });
    },
    listed: /~ Container \S+-nginx\n +PidsLimit: by hand 5000/,
    async repaired({ settings }) {
      const { HostConfig: limits } = await engine.getContainer(objectName(settings.stack, "nginx")).inspect();
      return (limits.PidsLimit ?? 0) <= 0;
    },
  },
];
