import { type ChildProcess, spawn } from "node:child_process";
import { Agent, type AgentOptions } from "node:http";
import { Socket } from "node:net";
import { Duplex, type Readable, type Writable } from "node:stream";
import { dialCommand, sshArgs, type SshTarget, sshTarget } from "./target";
import { noSsh, sshError } from "./words";

/** Connections at once. A server drops some of ten that have not signed in yet (MaxStartups), and others count too. */
const MOST_CONNECTIONS = 6;
/** What ssh says is kept up to so many characters. */
const MOST_WORDS = 4000;

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill();
});

/**
 * A connection to an engine: one ssh process that runs `docker system dial-stdio` there, as Docker's own client does.
 * It ends with this process, however that ends: ssh then reads the end of its standard input.
 */
class SshConnection extends Duplex {
  private readonly child: ChildProcess & { stdin: Writable; stdout: Readable; stderr: Readable };
  private said = "";
  /** Something was written that ssh has not taken. */
  private broken = false;
  private code: number | null = null;

  public constructor(private readonly target: SshTarget) {
    super();
    // A process group of its own: at Ctrl-C in the terminal, what is under way is brought to an end first.
    this.child = spawn("ssh", sshArgs(target, [], dialCommand(target)), {
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    running.add(this.child);
    this.child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.said = (this.said + text).slice(-MOST_WORDS);
    });
    this.child.stdout.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) this.child.stdout.pause();
    });
    // What is written to an ssh that has ended is told by its end.
    this.child.stdin.on("error", () => undefined);
    this.child.once("error", (error: NodeJS.ErrnoException) => {
      running.delete(this.child);
      this.destroy(error.code === "ENOENT" ? noSsh(target.address) : error);
    });
    this.child.once("close", (code) => {
      running.delete(this.child);
      this.code = code;
      this.finish();
    });
  }

  public override _read(): void {
    this.child.stdout.resume();
  }

  public override _write(
    chunk: Buffer,
    encoding: BufferEncoding,
    done: (error?: Error | null) => void,
  ): void {
    this.child.stdin.write(chunk, encoding, (error) => {
      // Why it takes no more is known when it has ended, in a moment.
      if (error) this.broken = true;
      else done();
    });
  }

  public override _final(done: () => void): void {
    this.child.stdin.end(() => done());
  }

  public override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.child.kill();
    done(error);
  }

  /** Only when ssh has ended, and all of its output is read, an end of an answer can be told from a failure. */
  private finish(): void {
    if (this.destroyed) return;
    if (this.code === 0 && !this.broken) this.push(null);
    else this.destroy(this.failure());
  }

  private failure(): Error {
    return sshError(this.target.address, this.said || `ssh ended with exit code ${this.code ?? "none"}`);
  }

  // What Node's HTTP client does with a socket that it keeps for the next request.

  public setKeepAlive(): this {
    return this;
  }

  public setNoDelay(): this {
    return this;
  }

  public setTimeout(): this {
    return this;
  }

  /** An idle connection keeps this process from ending no more than an idle socket. */
  public unref(): this {
    this.child.unref();
    for (const pipe of this.pipes()) pipe.unref();
    return this;
  }

  public ref(): this {
    this.child.ref();
    for (const pipe of this.pipes()) pipe.ref();
    return this;
  }

  private pipes(): Socket[] {
    return [this.child.stdin, this.child.stdout, this.child.stderr].filter((pipe) => pipe instanceof Socket);
  }
}

class SshAgent extends Agent {
  private readonly target: SshTarget;

  public constructor(address: string, options: AgentOptions) {
    super(options);
    this.target = sshTarget(address);
  }

  public override createConnection(): Duplex {
    return new SshConnection(this.target);
  }
}

const agents = new Map<string, Agent>();

/**
 * Carries HTTP requests to an engine by the system's ssh, so that aliases, jump hosts, agents and known hosts of the
 * person's own configuration count, as they do for the docker provider. All clients of an engine share connections.
 * @param address - `ssh://…`
 */
export function sshAgent(address: string): Agent {
  const agent =
    agents.get(address) ?? new SshAgent(address, { keepAlive: true, maxSockets: MOST_CONNECTIONS });
  agents.set(address, agent);
  return agent;
}
