import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, vi } from "vitest";
import { type Toolchain, bootstrap, silentReporter } from "../../cli/bootstrap";
import { exportState } from "../../cli/engine/recovery/state";
import { type OpenOptions, type Stack, openStack } from "../../cli/engine/stack";
import { fingerprint } from "../../cli/state/stateFile";
import { type CliResult, cli } from "./cli";
import { madeState } from "./madeState";
import { type Sandbox, sandbox, twoTeams } from "./stackFile";

/** A stack with a made state in a place of its own, anew for each test. */
export class StateScene {
  public stack!: Stack;
  public toolchain!: Toolchain;
  public readonly stateDir: string;
  /** The file in which the engine keeps the state. */
  public readonly checkpoint: string;

  private constructor(
    public readonly name: string,
    public readonly place: Sandbox,
  ) {
    this.stateDir = place.env["MLFLOW_PLATFORM_STATE_DIR"] ?? "";
    this.checkpoint = join(this.stateDir, "backend", ".pulumi", "stacks", "mlflow-platform", `${name}.json`);
  }

  /** Sets the scene for the tests of a file. */
  public static of(name: string): StateScene {
    // Each test starts the CLI a few times, and shares the machine with whole stacks.
    vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
    const scene = new StateScene(name, sandbox());
    beforeAll(async () => {
      Object.assign(process.env, scene.place.env);
      scene.toolchain = await bootstrap({ reporter: silentReporter(), only: ["toolchain"] });
    }, 1_800_000);
    beforeEach(() => scene.reset());
    afterAll(() => scene.place.remove());
    return scene;
  }

  /** Begins anew, with what the environment says now. */
  public async reset(): Promise<void> {
    rmSync(this.stateDir, { recursive: true, force: true });
    mkdirSync(this.stateDir, { mode: 0o700 });
    this.place.configure(this.name, twoTeams(9760));
    this.stack = await madeState(this.name, this.toolchain);
  }

  /** Runs a sub-verb on the stack, as a person does. */
  public run(
    sub: string,
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<CliResult> {
    return cli(["state", sub, "--stack", this.name, ...args], { ...this.place.env, ...env });
  }

  /** Opens the stack with what the environment says now. */
  public open(options: OpenOptions = {}): Promise<Stack> {
    return openStack(this.name, this.toolchain, {}, options);
  }

  /** Fingerprint of what the state says, through whatever passphrase and backend are set now. */
  public async says(): Promise<string> {
    return fingerprint(await exportState(await this.open(), true));
  }

  /** A lock whose owner cannot be alive: the largest number that Linux gives is 2^22. */
  public deadLock(): void {
    this.lock({ pid: 2 ** 22 + 1, hostname: hostname() });
  }

  /** Writes a lock as the engine does. */
  public lock(content: { readonly pid: number; readonly hostname: string }): void {
    const locks = join(this.stateDir, "backend", ".pulumi", "locks", "organization", "mlflow-platform");
    mkdirSync(join(locks, this.name), { recursive: true });
    const lock = { username: "ada", timestamp: new Date().toISOString(), ...content };
    writeFileSync(join(locks, this.name, "a.json"), JSON.stringify(lock));
  }
}
