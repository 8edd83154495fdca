import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { checkout } from "../paths";
import { POLICY_FLAGS } from "./policy";
import { commandOf, withFlags } from "./pulumiArgs";
import { type Stack, stackFile } from "./stack";
import { runMark } from "./recovery/leftovers";

/** How a command of the Pulumi CLI ended. */
export interface PulumiResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface PulumiOptions {
  /** Called for each event of an operation that was started with `--json`. */
  readonly onEvent?: (event: EngineEvent) => void;
  /** Text for standard input. */
  readonly input?: string;
  /** Interrupts the command as a person would: the engine finishes what it is doing and saves the state. */
  readonly signal?: AbortSignal;
  /**
   * Whether the policy pack judges what the program declares. Only what must always be possible goes without: to stop a
   * stack. @default true
   */
  readonly judged?: boolean;
  /** Folder to run in, instead of the one that the command usually runs in. */
  readonly cwd?: string;
}

/**
 * Runs one command of the Pulumi CLI on a stack.
 *
 * It gets a process group of its own, so that it hears of an interruption once, from here, and can finish what it
 * is doing. Its environment bears the mark of this run: when this process is killed, the CLI's plugins would live on
 * and go on creating things; the next run finds them by the mark and ends them before it looks at what is there.
 *
 * @param args - the command and its flags, without `--stack` and `--config-file`
 */
export function pulumi(
  stack: Stack,
  args: readonly string[],
  options: PulumiOptions = {},
): Promise<PulumiResult> {
  return new Promise((resolve, reject) => {
    const { program, flags, ...where } = invocation(stack, args, options.judged ?? true);
    const cwd = options.cwd ?? where.cwd;
    const child = spawn(program, flags, { ...where, cwd, detached: true, stdio: ["pipe", "pipe", "pipe"] });
    const group = child.pid;
    const forward = (signal: NodeJS.Signals): void => {
      if (group !== undefined) process.kill(-group, signal);
    };
    // The engine finishes what it is doing and saves the state; a second signal ends it at once.
    const onInterrupt = (): void => forward("SIGINT");
    const onTerminate = (): void => forward("SIGTERM");
    process.on("SIGINT", onInterrupt);
    process.on("SIGTERM", onTerminate);
    options.signal?.addEventListener("abort", onInterrupt, { once: true });

    let stdout = "";
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
    if (options.onEvent === undefined) {
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
    } else {
      const { onEvent } = options;
      createInterface({ input: child.stdout }).on("line", (line) => {
        const event = parseEvent(line);
        if (event === undefined) stderr += `${line}\n`;
        else onEvent(event);
      });
    }
    child.on("error", reject);
    child.on("close", (code) => {
      process.off("SIGINT", onInterrupt);
      process.off("SIGTERM", onTerminate);
      options.signal?.removeEventListener("abort", onInterrupt);
      resolve({ exitCode: code ?? 1, stdout, stderr });
    });
    // A CLI that ends before it has read this says why itself.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
  });
}

/**
 * The same on this terminal: questions can be answered, output is the engine's own.
 *
 * @returns the exit code
 */
export function pulumiInteractive(stack: Stack, args: readonly string[]): Promise<number> {
  return onTerminal(invocation(stack, args, true));
}

/** Runs the CLI on this terminal. @returns the exit code */
export function onTerminal({ program, flags, ...where }: Invocation): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, flags, { ...where, stdio: "inherit" });
    // The terminal interrupts both; this process stays to give the exit code.
    const ignore = (): void => undefined;
    process.on("SIGINT", ignore);
    child.on("error", reject);
    child.on("close", (code) => {
      process.off("SIGINT", ignore);
      resolve(code ?? 1);
    });
  });
}

/** Commands that run or compare the program, with the configuration file of this run. */
const CONFIGURED = new Set(["up", "preview", "watch", "refresh", "destroy", "import"]);
/** Commands that change the stack to what the program says, or show it: what they declare is judged. */
export const JUDGED: ReadonlySet<string> = new Set(["up", "preview", "watch"]);
/** Commands on the state alone. In the checkout they would write a salt into the committed stack file. */
const STATE_ONLY = new Set(["stack", "state", "cancel"]);
/** Commands that take a stack; others, such as `whoami`, refuse the flag. */
const STACKED = new Set([...CONFIGURED, ...STATE_ONLY, "config", "logs"]);

/** How the CLI is started. */
export interface Invocation {
  readonly program: string;
  readonly flags: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

function invocation(stack: Stack, args: readonly string[], judged: boolean): Invocation {
  const command = commandOf(args);
  return {
    program: stack.toolchain.pulumi,
    flags: withFlags(args, [
      ...(STACKED.has(command) ? ["--stack", stack.name] : []),
      ...(CONFIGURED.has(command) ? ["--config-file", stack.configFile] : []),
      // What is set is set for good, in the file that is committed, unless the caller names another one.
      ...(command === "config" && !args.includes("--config-file")
        ? ["--config-file", stackFile(stack.name)]
        : []),
      ...(JUDGED.has(command) && judged ? POLICY_FLAGS : []),
    ]),
    cwd: STATE_ONLY.has(command) ? stack.folder : checkout,
    env: { ...stack.env, ...runMark(stack) },
  };
}

function parseEvent(line: string): EngineEvent | undefined {
  try {
    return JSON.parse(line) as EngineEvent;
  } catch {
    return undefined;
  }
}
