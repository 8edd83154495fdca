import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { stateDir } from "../paths";

/** Name of the stack that is made for the measurement and removed afterwards. */
export const BENCH_STACK = "bench";
/** Name of the stack that is only previewed. */
export const TEAMS_STACK = "bench-teams";

/** Ports far from the ones that people's stacks are given. */
const PORT_BASE = 9400;

/** Settings of a stack with so many teams, each with one member and one service account, without their namespace. */
export function teamSettings(teams: number, portBase = PORT_BASE): Readonly<Record<string, unknown>> {
  const names = Array.from({ length: teams }, (_, index) => `team-${String(index + 1).padStart(3, "0")}`);
  return {
    portBase,
    protectData: false,
    users: names.map((name, index) => ({
      username: `member-${index + 1}`,
      email: `member-${index + 1}@example.com`,
      firstName: "Member",
      lastName: name,
    })),
    teams: names.map((name, index) => ({
      name,
      members: [`member-${index + 1}`],
      serviceAccounts: [`${name}-ci`],
    })),
  };
}

/**
 * A place for throw-away stacks, with configuration and state of its own below the clone's state folder. It
 * outlives a killed run, so that the next one finds and removes what that run left.
 */
export class Throwaway {
  private readonly config: string;
  /** Environment for the CLI and for its functions. */
  public readonly env: Readonly<Record<string, string>>;

  public constructor(folder = join(stateDir(), "bench")) {
    this.config = join(folder, "config");
    const state = join(folder, "state");
    const backend = join(state, "backend");
    for (const path of [this.config, backend]) mkdirSync(path, { recursive: true, mode: 0o700 });
    this.env = {
      MLFLOW_PLATFORM_CONFIG_DIR: this.config,
      MLFLOW_PLATFORM_STATE_DIR: state,
      // Also where people are logged in to a backend that they share.
      PULUMI_BACKEND_URL: `file://${backend}`,
    };
  }

  /** Writes `Pulumi.<stack>.yaml`. */
  public configure(stack: string, settings: Readonly<Record<string, unknown>>): void {
    const config = Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [`mlflow-platform:${key}`, value]),
    );
    const text = stringify({ config });
    writeFileSync(join(this.config, `Pulumi.${stack}.yaml`), text, { mode: 0o600 });
  }

  /** Does something with this place's environment in force, in this process and in what it starts. */
  public async inside<T>(work: () => Promise<T>): Promise<T> {
    const before = Object.keys(this.env).map((name) => [name, process.env[name]] as const);
    Object.assign(process.env, this.env);
    try {
      return await work();
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = value;
      }
    }
  }
}
