import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import Docker from "dockerode";

const engine = new Docker();

/** How a program in a container ended. */
export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program in a running container.
 *
 * @param user - as whom. @default the image's user
 * @param env - lines `NAME=value` besides the container's own
 */
export async function execIn(
  container: string,
  command: readonly string[],
  user?: string,
  env: readonly string[] = [],
): Promise<Ran> {
  const exec = await engine.getContainer(container).exec({
    ...{ Cmd: [...command], Env: [...env], AttachStdout: true, AttachStderr: true },
    ...(user && { User: user }),
  });
  const stream = await exec.start({});
  const said = split(stream);
  const [stdout, stderr] = await Promise.all([said.stdout, said.stderr]);
  return { exitCode: (await exec.inspect()).ExitCode ?? -1, stdout, stderr };
}

/** Runs a container to its end and removes it. */
export async function runOnce(options: Docker.ContainerCreateOptions): Promise<Ran> {
  const container = await engine.createContainer(options);
  try {
    await container.start();
    const { StatusCode: exitCode } = (await container.wait()) as { StatusCode: number };
    return { exitCode, ...(await outputOf(container)) };
  } finally {
    await container.remove({ force: true });
  }
}

/**
 * All that a container has written so far.
 *
 * @param timestamps - whether each line begins with its time, ISO 8601
 */
export async function logsOf(container: string, timestamps = false): Promise<string> {
  const { stdout, stderr } = await outputOf(engine.getContainer(container), timestamps);
  return stdout + stderr;
}

async function outputOf(
  container: Docker.Container,
  timestamps = false,
): Promise<{ stdout: string; stderr: string }> {
  return demultiplex(await container.logs({ stdout: true, stderr: true, timestamps }));
}

/** Length of what the engine puts before each piece of output: the stream's number, three zeros, the piece's length. */
const HEADER_BYTES = 8;
const STDERR = 2;

/** Takes apart what the engine has put together. The client's own function recurses, which a long log is too long for. */
function demultiplex(log: Buffer): { stdout: string; stderr: string } {
  const pieces: Record<"stdout" | "stderr", Buffer[]> = { stdout: [], stderr: [] };
  for (let at = 0; at + HEADER_BYTES <= log.length;) {
    const end = at + HEADER_BYTES + log.readUInt32BE(at + 4);
    pieces[log[at] === STDERR ? "stderr" : "stdout"].push(log.subarray(at + HEADER_BYTES, end));
    at = end;
  }
  const text = (parts: Buffer[]): string => Buffer.concat(parts).toString("utf8");
  return { stdout: text(pieces.stdout), stderr: text(pieces.stderr) };
}

function split(stream: NodeJS.ReadableStream): { stdout: Promise<string>; stderr: Promise<string> } {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  engine.modem.demuxStream(stream, stdout, stderr);
  stream.on("end", () => {
    stdout.end();
    stderr.end();
  });
  return { stdout: text(stdout), stderr: text(stderr) };
}
