import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../../cli/paths";

/** What is killed: npm's launcher, the CLI, the Pulumi engine, or all processes at once. */
export const TARGETS = ["launcher", "cli", "engine", "everything"] as const;
export type Target = (typeof TARGETS)[number];

interface Process {
  readonly pid: number;
  readonly command: string;
}

/** A run of `npm run up` that can be killed. */
export class Victim {
  private output = "";
  private readonly child: ChildProcess;
  private readonly ended: Promise<number | NodeJS.Signals>;
  private exit: number | NodeJS.Signals | undefined;

  /**
   * Starts it.
   *
   * @param env - additions to the environment; has to hold a MLFLOW_PLATFORM_STATE_DIR that no other run has
   */
  public constructor(
    stack: string,
    private readonly env: Readonly<Record<string, string>>,
  ) {
    this.child = spawn("node", [join(checkout, "bin", "run.mjs"), "up", "--stack", stack], {
      cwd: checkout,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk: string) => (this.output += chunk));
    }
    this.ended = new Promise((resolve) => {
      this.child.on("exit", (code, signal) => resolve((this.exit = code ?? signal ?? 1)));
    });
  }

  /** Whether the run has ended. */
  public get over(): boolean {
    return this.exit !== undefined;
  }

  /** Exit code or signal, once it has ended. */
  public wait(): Promise<number | NodeJS.Signals> {
    return this.ended;
  }

  /** All that it said so far. */
  public said(): string {
    return this.output;
  }

  /**
   * Kills with SIGKILL.
   *
   * @returns what was killed; empty when it had ended by itself
   */
  public kill(target: Target): string[] {
    const victims = this.processes().filter(
      ({ command }) => target === "everything" || role(command) === target,
    );
    for (const { pid } of victims) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended in this moment.
      }
    }
    return victims.map(({ command }) => role(command));
  }

  /** Everything that this run started, also what left its process group, by the environment that all inherit. */
  private processes(): Process[] {
    const mark = `MLFLOW_PLATFORM_STATE_DIR=${this.env["MLFLOW_PLATFORM_STATE_DIR"]}`;
    return readdirSync("/proc").flatMap((name) => {
      const pid = Number(name);
      if (!Number.isInteger(pid) || pid === process.pid) return [];
      const environment = read(`/proc/${pid}/environ`).split("\0");
      return environment.includes(mark)
        ? [{ pid, command: read(`/proc/${pid}/cmdline`).replaceAll("\0", " ") }]
        : [];
    });
  }
}

function role(command: string): string {
  if (command.includes("bin/run.mjs")) return "launcher";
  if (command.includes("cli/main.ts")) return "cli";
  if (/\/pulumi (up|import|refresh|stack) /.test(command)) return "engine";
  return "plugin";
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // The process is gone.
    return "";
  }
}
