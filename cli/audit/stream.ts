import type Docker from "dockerode";
import { AUDIT_FOLDER } from "../../lib/auditEnv";
import { objectName, stackPrefix } from "../../lib/names";
import { UserError, messageOf } from "../errors";
import { linesOf } from "./lines";

/** Writes every day's file from the given day on, oldest first. One may be compressed just then, under its other name. */
const SCRIPT = `cd ${AUDIT_FOLDER} && for file in audit-*.jsonl*; do
  [[ $file == *.jsonl || $file == *.jsonl.gz ]] && [[ ! $file < "audit-$1" ]] || continue
  zcat -f -- "$file" 2>/dev/null || zcat -f -- "\${file%.gz}.gz" || exit 1
done`;

/**
 * The stored lines of the stream, in the order in which they arrived; the first may be older than `since` by up to a day.
 * Where the service does not run, a container that only reads does it instead.
 *
 * @throws UserError when the stack has no such stream, or the engine does not answer
 */
export async function* storedLines(engine: Docker, stack: string, since: Date): AsyncGenerator<string> {
  const command = ["bash", "-c", SCRIPT, "audit", since.toISOString().slice(0, 10)];
  const container = engine.getContainer(objectName(stack, "audit"));
  if (await isRunning(container, stack)) {
    const exec = await container.exec({ Cmd: command, AttachStdout: true, AttachStderr: true });
    yield* linesOf(await exec.start({}));
    const { ExitCode: code } = await exec.inspect();
    if (code !== 0) throw unreadable(stack, `its reader ended with exit code ${code}`);
    return;
  }
  const reader = await readerOf(engine, stack, command);
  try {
    const output = await reader.attach({ stream: true, stdout: true, stderr: true });
    // Asked before it starts: it removes itself at its end, and then nobody knows how it ended.
    const ended = reader.wait({ condition: "next-exit" }) as Promise<{ StatusCode: number }>;
    await reader.start();
    yield* linesOf(output);
    const { StatusCode: code } = await ended;
    if (code !== 0) throw unreadable(stack, `its reader ended with exit code ${code}`);
  } finally {
    // Where the reading was given up, it still runs. That it is gone, or on its way, is as good.
    await reader.remove({ force: true }).catch(() => undefined);
  }
}

/**
 * Lines as they are stored, without end. While the service is away it is waited for.
 *
 * @param since - where to begin
 * @param signal - ends it
 */
export async function* newLines(
  engine: Docker,
  stack: string,
  since: Date,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const container = engine.getContainer(objectName(stack, "audit"));
  let from = since;
  while (!signal.aborted) {
    if (await isRunning(container, stack)) {
      const begun = new Date();
      const output = await container.logs({
        follow: true,
        stdout: true,
        since: Math.floor(from.getTime() / 1000),
        abortSignal: signal,
      });
      yield* linesOf(output);
      from = begun;
    }
    // Its log has ended, so it is being replaced; the engine cannot say when the next one is there.
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function isRunning(container: Docker.Container, stack: string): Promise<boolean> {
  try {
    return (await container.inspect()).State.Running;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return false;
    throw unreadable(stack, messageOf(error), "npm run bootstrap -- --only host,engine");
  }
}

async function readerOf(
  engine: Docker,
  stack: string,
  command: readonly string[],
): Promise<Docker.Container> {
  const volume = objectName(stack, "audit-data");
  const next = `npm run up -- --stack ${stack}`;
  try {
    await engine.getVolume(volume).inspect();
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 404) throw unreadable(stack, messageOf(error));
    throw new UserError(`Stack ${stack} has no audit stream: there is no volume ${volume}.`, next);
  }
  const [image] = await engine.listImages({ filters: { reference: [`${stackPrefix(stack)}/audit`] } });
  if (image === undefined) throw unreadable(stack, "the service is stopped and its image is gone", next);
  return engine.createContainer({
    Image: image.Id,
    Entrypoint: [...command],
    HostConfig: {
      Mounts: [{ Type: "volume", Source: volume, Target: AUDIT_FOLDER, ReadOnly: true }],
      NetworkMode: "none",
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      // It would keep the volume from being removed, if this program were killed.
      AutoRemove: true,
      // What it writes is read as it comes, and need not be kept a second time.
      LogConfig: { Type: "none", Config: {} },
    },
  });
}

function unreadable(stack: string, why: string, next?: string): UserError {
  return new UserError(
    `The audit stream of stack ${stack} cannot be read: ${why}.`,
    next ?? `npm run status -- --stack ${stack}; docker logs ${objectName(stack, "audit")}`,
  );
}
