import { createHash } from "node:crypto";
import Docker from "dockerode";
import { z } from "zod";
import { type State, resourcesOf } from "../../../cli/engine/recovery/state";
import { plain } from "../../../cli/engine/recovery/keycloakAdmin";
import type { StackOutputs } from "../../../cli/smoke";
import { jsonOf } from "../../../cli/smoke/http";
import { KeycloakAdmin } from "../../../cli/smoke/keycloak";
import { adminApi } from "../../../cli/smoke/mlflow";
import { adminS3, listObjects } from "../../../cli/smoke/objects";
import { STACK_LABEL, objectName } from "../../../lib/names";
import { execIn } from "../../helpers/containers";

/** Kept by their ids: who has another one is somebody else. */
const LISTS = {
  users: z.array(z.object({ id: z.string(), username: z.string() })),
  groups: z.array(z.object({ id: z.string(), name: z.string() })),
  clients: z.array(
    z.object({ id: z.string(), clientId: z.string(), serviceAccountsEnabled: z.boolean().optional() }),
  ),
};
const idSchema = z.object({ id: z.string() });
const keysSchema = z.object({ keys: z.array(z.object({ kid: z.string() })) });

/**
 * What an upgrade has to leave as it is, asked of the engine and the services themselves: a line each. Secrets are
 * named by a digest.
 */
export async function facts(name: string, outputs: StackOutputs, state: State): Promise<string[]> {
  const found = await Promise.all([
    volumes(name),
    realm(outputs),
    databases(name),
    objects(outputs),
    workspaces(outputs),
  ]);
  return [...found.flat(), ...secrets(outputs, state)].sort();
}

/**
 * Each volume by the folder behind it: number, and when it was made. The engine's own `CreatedAt` is the time at which
 * something was last put into that folder.
 */
async function volumes(name: string): Promise<string[]> {
  const found = await new Docker().listContainers({ filters: { label: [`${STACK_LABEL}=${name}`] } });
  const mounted = found.flatMap(({ Id, Mounts }) =>
    Mounts.filter(({ Type }) => Type === "volume").map(({ Name, Destination }) => ({
      Id,
      Name,
      Destination,
    })),
  );
  return Promise.all(
    mounted.map(async ({ Id, Name = "", Destination }) => {
      const { exitCode, stdout, stderr } = await execIn(Id, ["stat", "-c", "%i of %W", Destination]);
      if (exitCode !== 0) throw new Error(`${Destination} of volume ${Name} cannot be looked at: ${stderr}`);
      return `volume ${Name} is folder ${stdout.trim()}`;
    }),
  );
}

/** The realm, everybody in it, and what signs its tokens. */
async function realm(outputs: StackOutputs): Promise<string[]> {
  const admin = new KeycloakAdmin(outputs);
  try {
    const get = async (path: string): Promise<unknown> =>
      jsonOf(await admin.call(path, path === "" ? {} : { query: { max: "1000" } }), path || "the realm");
    const { id } = idSchema.parse(await get(""));
    const users = LISTS.users.parse(await get("/users"));
    const groups = LISTS.groups.parse(await get("/groups"));
    const clients = LISTS.clients.parse(await get("/clients"));
    const accounts = await Promise.all(
      clients
        .filter(({ serviceAccountsEnabled }) => serviceAccountsEnabled === true)
        .map(async (client) => {
          const account = idSchema.parse(await get(`/clients/${client.id}/service-account-user`));
          return `subject of ${client.clientId} ${account.id}`;
        }),
    );
    const { keys } = keysSchema.parse(await get("/keys"));
    return [
      `issuer ${outputs.oidc.issuer}`,
      `realm ${outputs.oidc.realm} ${id}`,
      ...users.map((user) => `user ${user.username} ${user.id}`),
      ...groups.map((group) => `group ${group.name} ${group.id}`),
      ...clients.map((client) => `client ${client.clientId} ${client.id}`),
      ...accounts,
      ...keys.map(({ kid }) => `key that signs tokens ${kid}`),
    ];
  } finally {
    await admin.close();
  }
}

async function databases(name: string): Promise<string[]> {
  const query =
    "select 'database', datname, oid from pg_database union all select 'role', rolname, oid from pg_roles";
  const { exitCode, stdout, stderr } = await execIn(
    objectName(name, "postgres"),
    ["psql", "-U", "postgres", "-AtF", " ", "-c", query],
    "postgres",
  );
  if (exitCode !== 0) throw new Error(`Postgres did not answer: ${stderr}`);
  return stdout.trim().split("\n");
}

/** Every version of every object. */
async function objects(outputs: StackOutputs): Promise<string[]> {
  const store = adminS3(outputs);
  const buckets = await store.listBuckets();
  const lists = await Promise.all(
    buckets.map(async ({ name }) => [
      `bucket ${name}`,
      ...(await listObjects(store, { bucket: name, prefix: "" }, true)).map(
        ({ key, versionId = "", size }) => `object ${name}/${key} ${versionId} of ${size} B`,
      ),
    ]),
  );
  return lists.flat();
}

/** What was generated is there still, under whatever name; and everybody's is what it was. */
function secrets({ credentials }: StackOutputs, state: State): string[] {
  const generated = resourcesOf(state).flatMap(({ type, outputs }) => {
    const value = plain(outputs?.[type.startsWith("tls:") ? "privateKeyPem" : "result"]);
    return /:(RandomPassword|PrivateKey)$/.test(type) && value !== undefined
      ? [`generated ${digest(value)}`]
      : [];
  });
  const given = (value: unknown, path: string): string[] =>
    typeof value === "object" && value !== null
      ? Object.entries(value).flatMap(([key, below]) => given(below, `${path}.${key}`))
      : [`${path} ${digest(String(value))}`];
  return [...generated, ...given(credentials, "credentials")];
}

async function workspaces(outputs: StackOutputs): Promise<string[]> {
  return (await adminApi(outputs, undefined).workspaces()).map((workspace) => `workspace ${workspace}`);
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
