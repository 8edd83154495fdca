import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";

/** The settings of a stack in a test, without their namespace. */
export type TestSettings = Readonly<Record<string, unknown>>;

/** Two teams with a member and a service account each, on ports of its own; data may be deleted. */
export function twoTeams(portBase: number): TestSettings {
  return {
    portBase,
    protectData: false,
    users: [
      { username: "ada", email: "ada@example.com", firstName: "Ada", lastName: "Admin", admin: true },
      { username: "vera", email: "vera@example.com", firstName: "Vera", lastName: "Vision" },
      { username: "luis", email: "luis@example.com", firstName: "Luis", lastName: "Language" },
    ],
    teams: [
      { name: "vision", members: ["vera"], serviceAccounts: ["vision-ci"] },
      { name: "language", members: ["luis"], serviceAccounts: ["language-ci"] },
    ],
  };
}

/** A place for stacks of one test: configuration and state of its own, nothing of the developer's. */
export interface Sandbox {
  /** Environment for the CLI and for its functions. */
  readonly env: Readonly<Record<string, string>>;
  /** Writes `Pulumi.<stack>.yaml`. @param more - what stands beside `config`, such as `encryptionsalt` */
  configure(stack: string, settings: TestSettings, more?: Readonly<Record<string, unknown>>): void;
  /** Path of `Pulumi.<stack>.yaml`. */
  file(stack: string): string;
  /** Removes the folders. Stacks have to be gone before. */
  remove(): void;
}

/** Makes a place for stacks of one test. */
export function sandbox(): Sandbox {
  const folder = mkdtempSync(join(tmpdir(), "mlflow-platform-stacks-"));
  const config = join(folder, "config");
  const file = (stack: string): string => join(config, `Pulumi.${stack}.yaml`);
  mkdirSync(config);
  return {
    env: { MLFLOW_PLATFORM_CONFIG_DIR: config, MLFLOW_PLATFORM_STATE_DIR: join(folder, "state") },
    file,
    configure(stack, settings, more = {}) {
      const entries = Object.entries(settings).map(
        ([key, value]) => [`mlflow-platform:${key}`, value] as const,
      );
      writeFileSync(file(stack), stringify({ ...more, config: Object.fromEntries(entries) }));
    },
    remove() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
