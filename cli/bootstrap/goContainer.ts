import { createWriteStream } from "node:fs";
import { chmod, cp, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import execa from "execa";
import { UserError } from "../errors";
import { caBundle } from "./artifactsHost";
import { hasImage, pull } from "./baseImage";
import { engineAddress, engineClient } from "./engine";
import { GO_ENV } from "./go";
import { logFile, tail } from "./run";
import type { StepTask } from "./reporter";

/** Image in which Go programs are built where Go is not installed. */
export const GO_IMAGE = "golang:1.26";

/** Where the certificates of this host lie in the container; a company's proxy needs them. */
const CERTIFICATES = "/ca.pem";

/** Variables of this host that tell Go how to reach modules. */
const PASSED = ["GOPROXY", "GONOSUMDB", "GOSUMDB", "GOPRIVATE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];

/** A build in a container. */
export interface ContainerBuild {
  /** Program to make, on this machine. */
  file: string;
  /** What to run; it puts one program into /out. */
  command: readonly string[];
  /** Folder to run it in, copied into the container; default an empty one. */
  source?: string;
  /** The setting `dockerHost`. */
  dockerHost: string | undefined;
  /** Go version that is needed, for the message. */
  go: string;
  /** What else a person can do. */
  alternative: string;
  task: Pick<StepTask, "progress">;
}

/**
 * Builds a Go program in a container. Files are copied in and out, not mounted, so that any engine can do it.
 * @throws UserError naming the ways out when the image cannot be had, or the end of the log when the build fails
 */
export async function goInContainer(build: ContainerBuild): Promise<void> {
  const docker = engineClient(engineAddress(build.dockerHost));
  const name = basename(build.file);
  if (!(await hasImage(docker, GO_IMAGE))) {
    build.task.progress(`pulling ${GO_IMAGE} to build ${name} in`);
    const refused = await pull(docker, GO_IMAGE);
    if (refused !== undefined)
      throw new UserError(
        `${name} is published as source only. To build it takes Go ${build.go} or later on PATH, or the image ${GO_IMAGE}; neither is there (${refused})`,
        `Install Go from https://go.dev/dl/, or let the engine reach a registry that has ${GO_IMAGE}, and run the same command again. Or: ${build.alternative}`,
      );
  }
  build.task.progress(`building ${name} in ${GO_IMAGE}`);
  const env = { ...GO_ENV, GOBIN: "/out", SSL_CERT_FILE: CERTIFICATES };
  const passed = PASSED.filter((key) => process.env[key]).map((key) => `${key}=${process.env[key]}`);
  const container = await docker.createContainer({
    Image: GO_IMAGE,
    Cmd: [...build.command],
    WorkingDir: "/src",
    Env: [...Object.entries(env).map(([key, value]) => `${key}=${value}`), ...passed],
    Labels: { "mlflow-platform.build": name },
  });
  try {
    const archive = execa("tar", ["-C", await stage(build), "-c", "."], { buffer: false });
    if (!archive.stdout) throw new Error("tar has no output");
    await Promise.all([container.putArchive(archive.stdout, { path: "/" }), archive]);
    const log = await logFile(`build-${name}`);
    const output = await container.attach({ stream: true, stdout: true, stderr: true });
    const sink = createWriteStream(log, { mode: 0o600 });
    docker.modem.demuxStream(output, sink, sink);
    await container.start();
    const { StatusCode: status } = (await container.wait()) as { StatusCode: number };
    sink.end();
    if (status !== 0)
      throw new UserError(
        `${name} could not be built in ${GO_IMAGE}: exit code ${status}. Its last lines (all of it in ${log}):\n${await tail(log)}`,
        `If the log tells of a network error, run the same command again. Or: ${build.alternative}`,
      );
    await copyOut(await container.getArchive({ path: "/out" }), build.file);
  } finally {
    await container.remove({ force: true });
  }
}

/** Puts together what goes into the container: the source, and the certificates that this host trusts. */
async function stage(build: ContainerBuild): Promise<string> {
  const dir = join(dirname(build.file), "stage");
  await mkdir(join(dir, "src"), { recursive: true });
  if (build.source) await cp(build.source, join(dir, "src"), { recursive: true });
  await writeFile(join(dir, basename(CERTIFICATES)), await caBundle());
  return dir;
}

/** Unpacks the folder /out and keeps its one program. */
async function copyOut(archive: NodeJS.ReadableStream, file: string): Promise<void> {
  const dir = dirname(file);
  const unpack = execa("tar", ["-x", "--no-same-owner", "-C", dir], { buffer: false });
  if (!unpack.stdin) throw new Error("tar has no input");
  await Promise.all([pipeline(archive, unpack.stdin), unpack]);
  const [program] = await readdir(join(dir, "out"));
  if (!program) throw new Error("the build left nothing in /out");
  await rename(join(dir, "out", program), file);
  await chmod(file, 0o755);
  await rm(join(dir, "out"), { recursive: true });
  await rm(join(dir, "stage"), { recursive: true });
}
