import { createWriteStream } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import execa from "execa";
import { UserError } from "../errors";
import { stateDir } from "../paths";

/** A command whose output goes to a log file. */
export interface LoggedCommand {
  /** Name of the log, and of the work in the error message, such as `pulumi-cli`. */
  name: string;
  /** The program and its arguments. */
  command: readonly [string, ...string[]];
  /** Working folder; default the current one. */
  cwd?: string;
  /** Added to the environment of this process. */
  env?: NodeJS.ProcessEnv;
  /** Consequence and next command of the error, should it fail. */
  failure: { message: string; next: string };
  /** Ends it after this long, in ms. Default: never. */
  timeoutMs?: number;
}

/** How many lines of a log go into the error message. */
const TAIL_LINES = 15;

/**
 * The path of a log file, its folder made.
 * @param name - without `.log`
 */
export async function logFile(name: string): Promise<string> {
  const dir = join(stateDir(), "logs");
  await mkdir(dir, { recursive: true, mode: 0o700 });
  return join(dir, `${name}.log`);
}

/**
 * The last lines of a log, indented, for an error message.
 * @param path - the log
 */
export async function tail(path: string): Promise<string> {
  const lines = (await readFile(path, "utf8").catch(() => "")).trimEnd().split("\n");
  return lines
    .slice(-TAIL_LINES)
    .map((line) => `    ${line}`)
    .join("\n");
}

/**
 * Runs a command with all its output in a log.
 * @throws UserError with the log's path and last lines when it fails
 */
export async function runLogged(spec: LoggedCommand): Promise<void> {
  const log = await logFile(spec.name);
  const [program, ...args] = spec.command;
  const sink = createWriteStream(log, { mode: 0o600 });
  sink.write(`$ ${spec.command.join(" ")}\n`);
  const child = execa(program, args, {
    cwd: spec.cwd,
    env: spec.env,
    stdin: "ignore",
    all: true,
    buffer: false,
    reject: false,
    timeout: spec.timeoutMs,
  });
  child.all?.pipe(sink, { end: false });
  const done = await child;
  await new Promise<void>((resolve) => sink.end(resolve));
  if (!done.failed) return;
  const how = done.timedOut
    ? `took longer than ${Math.round((spec.timeoutMs ?? 0) / 1000)} s`
    : Number.isInteger(done.exitCode)
      ? `ended with exit code ${done.exitCode}`
      : `could not be run (${done.signal ?? (done as unknown as Error).message})`;
  throw new UserError(
    `${spec.failure.message}: ${program} ${how}. Its last lines (all of it in ${log}):\n${await tail(log)}`,
    spec.failure.next,
  );
}
