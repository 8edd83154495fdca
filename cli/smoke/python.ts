import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import type Docker from "dockerode";
import { z } from "zod";
import { engineAddress, engineClient } from "../bootstrap/engine";
import { type Caller, excerpt } from "./http";
import { SMOKE_LABEL } from "./names";
import type { StackOutputs } from "./outputs";

const lineSchema = z.looseObject({ step: z.string(), at: z.number() });

/** One line of the client's protocol: the step that just ended, and its findings. */
export type ClientLine = z.output<typeof lineSchema>;

/** What the client is asked to do. */
export interface ClientJob {
  /** Environment of the client, secrets included. */
  readonly env: Readonly<Record<string, string>>;
  /** Values that client.py finds in JOB. */
  readonly job: Readonly<Record<string, string>>;
}

/** Longest time for the whole client. It takes 10 s on an idle machine; its own retries could go on for many minutes. */
const LIMIT_MILLISECONDS = 180_000;

/** Where the client finds the CA to trust; `/tmp` is all of the container that can be written. */
const CA_FILE = "/tmp/platform-ca.pem";

/** What makes each of the client's libraries read the CA: requests, MLflow, boto3, and Python's own. */
const CA_VARIABLES = [
  "REQUESTS_CA_BUNDLE",
  "MLFLOW_TRACKING_SERVER_CERT_PATH",
  "AWS_CA_BUNDLE",
  "SSL_CERT_FILE",
] as const;

/**
 * The container's program: reads one JSON line, fills the environment, writes files, runs the source in it.
 * So neither secrets nor the source stand in the container's description, and nothing is mounted
 * (the engine may be on another machine).
 */
const LOADER = [
  "import json, os, sys",
  "message = json.loads(sys.stdin.readline())",
  "os.environ.update(message['env'])",
  "for path, text in message['files'].items():",
  "    with open(path, 'w') as file:",
  "        file.write(text)",
  "exec(compile(message['source'], 'client.py', 'exec'), {'__name__': '__main__', 'JOB': message['job']})",
].join("\n");

/**
 * Runs client.py in a one-shot container of the stack's own MLflow image, on the engine's network,
 * so that it uses the same public URLs as a person's notebook on that machine.
 *
 * @param outputs - the stack
 * @param caller - what interrupts it, and the way to the stack's public addresses
 * @param onLine - called for each line of the protocol as it comes
 * @returns the last line
 * @throws Error with the end of the client's own error output
 */
export async function runClient(
  outputs: StackOutputs,
  { env, job }: ClientJob,
  { signal, reach }: Caller & { readonly signal: AbortSignal },
  onLine: (line: ClientLine) => void = () => undefined,
): Promise<ClientLine> {
  const docker = engineClient(engineAddress(outputs.settings.dockerHost));
  const source = await readFile(join(__dirname, "client.py"), "utf8");
  const container = await create(docker, {
    Image: outputs.images.mlflow,
    Entrypoint: ["python", "-c", LOADER],
    Cmd: [],
    // The image has no git, which MLflow would complain about at length.
    Env: ["HOME=/tmp", "GIT_PYTHON_REFRESH=quiet"],
    Labels: { "mlflow-platform.stack": outputs.settings.stack, [SMOKE_LABEL]: "true" },
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: true,
    StdinOnce: true,
    HostConfig: {
      AutoRemove: true,
      NetworkMode: "host",
      ExtraHosts: [...(reach?.hosts ?? [])].map(([host, address]) => `${host}:${address}`),
      ReadonlyRootfs: true,
      Tmpfs: { "/tmp": "rw,nosuid,nodev,size=512m" },
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Memory: 1536 * 1024 * 1024,
      PidsLimit: 256,
    },
  });
  const limit = AbortSignal.timeout(LIMIT_MILLISECONDS);
  const stop = AbortSignal.any([signal, limit]);
  const kill = (): void => {
    // Gone already is what is wanted.
    container.kill().catch(() => undefined);
  };
  try {
    const stream = await container.attach({
      stream: true,
      stdin: true,
      stdout: true,
      stderr: true,
      hijack: true,
    });
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    docker.modem.demuxStream(stream, stdout, stderr);
    stream.on("end", () => {
      stdout.end();
      stderr.end();
    });
    const lines = readLines(stdout, onLine);
    const errors = readTail(stderr);
    // Asked for before the start: a container that removes itself cannot be waited for afterwards.
    const ended = container.wait({ condition: "next-exit" }) as Promise<{ StatusCode: number }>;
    await container.start();
    stop.addEventListener("abort", kill, { once: true });
    if (stop.aborted) {
      kill();
    }
    const ca = reach?.ca;
    const message = {
      env: {
        ...env,
        ...(ca === undefined ? {} : Object.fromEntries(CA_VARIABLES.map((key) => [key, CA_FILE]))),
      },
      files: ca === undefined ? {} : { [CA_FILE]: ca },
      job,
      source,
    };
    stream.write(`${JSON.stringify(message)}\n`);
    const { StatusCode: status } = await ended;
    const last = await lines;
    if (status !== 0 || last?.step !== "done") {
      const reached = last === undefined ? "before its first step" : `after "${last.step}"`;
      const end = limit.aborted
        ? `did not end within ${LIMIT_MILLISECONDS / 1000} s, stuck`
        : `ended with status ${status}`;
      throw new Error(`the Python client ${end} ${reached}: ${await errors}`);
    }
    return last;
  } finally {
    stop.removeEventListener("abort", kill);
    // Only a container that never started is still there.
    await container.remove({ force: true }).catch(() => undefined);
  }
}

async function create(docker: Docker, options: Docker.ContainerCreateOptions): Promise<Docker.Container> {
  try {
    return await docker.createContainer(options);
  } catch (error) {
    const { statusCode } = z.looseObject({ statusCode: z.number().optional() }).parse(error);
    if (statusCode === 404) {
      throw new Error(
        `the engine has no image ${options.Image ?? ""}, which the stack runs; restore it: npm run up`,
        { cause: error },
      );
    }
    throw error;
  }
}

async function readLines(
  stream: PassThrough,
  onLine: (line: ClientLine) => void,
): Promise<ClientLine | undefined> {
  let last: ClientLine | undefined;
  for await (const text of createInterface({ input: stream })) {
    last = lineSchema.parse(JSON.parse(text));
    onLine(last);
  }
  return last;
}

async function readTail(stream: PassThrough): Promise<string> {
  let tail = "";
  for await (const chunk of stream) {
    tail = (tail + String(chunk)).slice(-2000);
  }
  const lines = tail.trim().split("\n");
  return excerpt(lines.slice(-3).join(" "), 400);
}
