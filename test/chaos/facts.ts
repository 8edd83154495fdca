import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import Docker from "dockerode";

const engine = new Docker();

async function run(container: string, command: readonly string[]): Promise<string | undefined> {
  try {
    const exec = await engine
      .getContainer(container)
      .exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true });
    const stream = await exec.start({});
    const out = new PassThrough();
    engine.modem.demuxStream(stream, out, new PassThrough().resume());
    stream.on("end", () => out.end());
    const said = await text(out);
    return (await exec.inspect()).ExitCode === 0 ? said : undefined;
  } catch {
    // There is no such container, or it does not run.
    return undefined;
  }
}

async function query(stack: string, database: string, sql: string): Promise<string[]> {
  const command = ["psql", "-At", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql];
  const rows = await run(`mlflow-platform-${stack}-postgres`, command);
  return (rows ?? "").split("\n").filter((row) => row !== "");
}

/** Objects whose identity tells whether they were kept or made anew, from Keycloak's tables. */
const REALM_OBJECTS = (realm: string): string =>
  [
    `select 'realm ' || name || ' ' || id from realm where name = '${realm}'`,
    ...[
      ["client", "client", "client_id"],
      ["scope", "client_scope", "name"],
      ["group", "keycloak_group", "name"],
      ["user", "user_entity", "username"],
    ].map(
      ([what, table, name]) =>
        `select '${what} ' || ${name} || ' ' || id from ${table} where realm_id = (select id from realm where name = '${realm}')`,
    ),
  ].join(" union all ");

/**
 * What there is in the services of a stack, with identities: a line that is there once has to stay. Services that do
 * not run say nothing.
 */
export async function facts(stack: string): Promise<string[]> {
  const [databases, realm, buckets] = await Promise.all([
    query(
      stack,
      "postgres",
      "select 'database ' || datname || ' ' || oid from pg_database where not datistemplate union all " +
        "select 'role ' || rolname || ' ' || oid from pg_roles where rolname !~ '^pg_'",
    ),
    query(stack, "keycloak", REALM_OBJECTS(`mlflow-${stack}`)),
    // A bucket is a folder; its inode is its identity.
    run(`mlflow-platform-${stack}-minio`, ["sh", "-c", "cd /data && stat -c 'bucket %n %i' mlflow-*"]),
  ]);
  return [...databases, ...realm, ...(buckets ?? "").split("\n").filter((line) => line !== "")];
}

/** Writes a row that has to be there at the end, as soon as there is a database for it. @returns whether there is */
export async function leaveMarker(stack: string, value: string): Promise<boolean> {
  const rows = await query(
    stack,
    "mlflow",
    `create table if not exists chaos_marker (value text); insert into chaos_marker values ('${value}') returning value`,
  );
  return rows.includes(value);
}

/** The rows that were written. */
export function markers(stack: string): Promise<string[]> {
  return query(stack, "mlflow", "select value from chaos_marker");
}

/** Usernames of a realm's users who have a password. */
export function withPassword(stack: string): Promise<string[]> {
  return query(
    stack,
    "keycloak",
    "select username from user_entity u join credential c on c.user_id = u.id join realm r on r.id = u.realm_id " +
      `where c.type = 'password' and r.name = 'mlflow-${stack}' order by username`,
  );
}
