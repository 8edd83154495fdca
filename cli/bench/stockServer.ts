import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import type Docker from "dockerode";
import { STACK_LABEL, objectName, stackPrefix } from "../../lib/names";
import { engineAddress, engineClient } from "../bootstrap/engine";
import type { Cleanup } from "../smoke/cleanup";
import { excerpt } from "../smoke/http";
import { isSsh } from "../ssh/target";
import { openTunnel } from "../ssh/tunnel";
import type { StackOutputs } from "../smoke/outputs";

/** Port of MLflow in the container. */
const PORT = "5000/tcp";
/** A first start makes the tables; on two busy cores it was seen to take half a minute. */
const START_LIMIT_MILLISECONDS = 180_000;
const MIB = 2 ** 20;

/** A stock server that runs. */
export interface StockServer {
  /** Its address on this machine, no trailing slash. */
  readonly base: string;
  /** It and its database server. */
  readonly containers: readonly string[];
}

/**
 * Starts a stock `mlflow server` beside a stack: the same image and so the same versions, the same workers and
 * limits, the same Postgres; but no login plugin, no workspaces, no NGINX, and uvicorn as it comes with MLflow
 * (which brings neither uvloop nor httptools). The clean-up removes it and its database.
 */
export async function startStockServer(outputs: StackOutputs, cleanup: Cleanup): Promise<StockServer> {
  const { stack, dockerHost } = outputs.settings;
  const address = engineAddress(dockerHost);
  const engine = engineClient(address);
  const database = `bench_${randomBytes(6).toString("hex")}`;
  const password = randomBytes(24).toString("hex");
  const postgres = objectName(stack, "postgres");
  cleanup.add(`the database ${database}`, async () => {
    await sql(
      engine,
      postgres,
      `DROP DATABASE IF EXISTS ${database} WITH (FORCE); DROP ROLE IF EXISTS ${database};`,
    );
    return "a stock server and its database";
  });
  await sql(
    engine,
    postgres,
    `CREATE ROLE ${database} LOGIN PASSWORD '${password}';\nCREATE DATABASE ${database} OWNER ${database} TEMPLATE template0 ENCODING 'UTF8';`,
  );
  const name = objectName(stack, database.replace("_", "-"));
  const container = await engine.createContainer({
    name,
    Image: outputs.images.mlflow,
    Entrypoint: ["mlflow", "server"],
    Cmd: [
      ...[
        "--host",
        "0.0.0.0",
        "--port",
        "5000",
        "--workers",
        "2",
        "--artifacts-destination",
        "/tmp/artifacts",
      ],
      ...["--uvicorn-opts", "--loop asyncio --http h11"],
    ],
    Env: [
      // Readable by whoever may ask the engine, unlike the stack's own; it opens nothing but this database.
      `MLFLOW_BACKEND_STORE_URI=postgresql+psycopg://${database}:${password}@postgres:5432/${database}`,
      // As in the stack: neither has to do with serving requests.
      "MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false",
      "MLFLOW_DISABLE_TELEMETRY=true",
      "HOME=/tmp",
    ],
    Labels: { [STACK_LABEL]: stack },
    ExposedPorts: { [PORT]: {} },
    HostConfig: {
      NetworkMode: stackPrefix(stack),
      PortBindings: { [PORT]: [{ HostIp: "127.0.0.1", HostPort: "" }] },
      ReadonlyRootfs: true,
      Tmpfs: { "/tmp": "rw,nosuid,size=1g" },
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      Memory: 2048 * MIB,
      MemorySwap: 2048 * MIB,
      NanoCpus: 2e9,
      LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } },
    },
  });
  cleanup.add("the stock server", async () => {
    await container.remove({ force: true, v: true });
    return undefined;
  });
  await container.start();
  const { NetworkSettings: network } = await container.inspect();
  const port = Number(network.Ports[PORT]?.[0]?.HostPort);
  if (isSsh(address)) {
    const tunnel = await openTunnel(address, [{ port, use: "the stock server" }]);
    cleanup.add("its tunnel", async () => {
      tunnel.close();
      return undefined;
    });
  }
  const base = `http://127.0.0.1:${port}`;
  await answers(container, base);
  return { base, containers: [name, postgres] };
}

/** Waits until the server says that it is well. */
async function answers(container: Docker.Container, base: string): Promise<void> {
  const until = Date.now() + START_LIMIT_MILLISECONDS;
  for (;;) {
    const healthy = await fetch(`${base}/health`, { signal: AbortSignal.timeout(5000) }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (healthy) return;
    const { State: state } = await container.inspect();
    if (!state.Running || Date.now() > until) {
      const log = await container.logs({ stdout: true, stderr: true, tail: 5 });
      throw new Error(`the stock MLflow server did not start: ${excerpt(log.toString("utf8"), 500)}`);
    }
    await delay(500);
  }
}

/** Runs statements as the superuser, inside the container, where no password is asked. */
async function sql(engine: Docker, container: string, statements: string): Promise<void> {
  const exec = await engine.getContainer(container).exec({
    Cmd: ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "postgres"],
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
  });
  const stream = await exec.start({ hijack: true, stdin: true });
  const said = new PassThrough();
  engine.modem.demuxStream(stream, said, said);
  stream.on("end", () => said.end());
  stream.end(`${statements}\n`);
  const output = await text(said);
  const { ExitCode: code } = await exec.inspect();
  if (code !== 0) throw new Error(`Postgres refused a statement: ${excerpt(output)}`);
}
