import { appendFileSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import execa from "execa";
import { type CliResult, cli } from "../../helpers/cli";
import { copyOfCheckout } from "../../helpers/copyOfCheckout";
import { type TestSettings, twoTeams } from "../../helpers/stackFile";
import type { TestStack } from "../../helpers/testStack";

export const NAME = "changed";
export const MINUTES = 60_000;

const [vision, language] = twoTeams(9730)["teams"] as [object, object];
/** Vision's data may go with the team, language's may not. */
export const VISION = { ...vision, retain: false };
export const LANGUAGE = language;
/** What is deployed. */
export const SETTINGS: TestSettings = { ...twoTeams(9730), teams: [VISION, LANGUAGE] };

/** What all parts of this suite work with. */
export interface Scene {
  readonly stack: TestStack;
  readonly clone: Clone;
}

/** Hands the scene out once it is set up. */
export type GetScene = () => Scene;

/** A clone whose main branch is what is deployed, in which changes are made on branches. */
export class Clone {
  private constructor(public readonly folder: string) {}

  public static async make(): Promise<Clone> {
    const clone = new Clone(copyOfCheckout());
    // That suites are run is shown by a part of them: all of it has its own turn in `npm test`.
    const tests = join(clone.folder, "test");
    for (const suite of ["e2e", "chaos", "long"]) rmSync(join(tests, suite), { recursive: true });
    for (const file of readdirSync(tests, { recursive: true, encoding: "utf8" }))
      if (file.startsWith("unit/") && file.endsWith(".test.ts") && !file.startsWith("unit/pr/"))
        rmSync(join(tests, file));
    await clone.git("init", "--quiet", "--initial-branch=main");
    // A link to packages is not what `.gitignore` calls a folder.
    appendFileSync(join(clone.folder, ".git", "info", "exclude"), "/node_modules\n");
    await clone.commit("what is deployed");
    return clone;
  }

  /** Runs a verb of its own CLI on the deployed stack. */
  public run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliResult> {
    return cli(args, env, this.folder);
  }

  public async git(...args: string[]): Promise<void> {
    const who = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
    await execa("git", [...who, ...args], { cwd: this.folder });
  }

  public async commit(message: string): Promise<void> {
    await this.git("add", "--all");
    await this.git("commit", "--quiet", "--allow-empty", "--message", message);
  }

  /** A branch from main, with nothing of another one. */
  public async branch(name: string): Promise<void> {
    await this.git("checkout", "--quiet", "--force", "-B", name, "main");
  }

  /** Changes a file, which has to hold what is changed. */
  public rewrite(file: string, what: string | RegExp, by: string): void {
    const text = readFileSync(join(this.folder, file), "utf8");
    const changed = text.replace(what, () => by);
    if (changed === text) throw new Error(`there is no ${String(what)} in ${file}`);
    this.write(file, changed);
  }

  public write(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text);
  }

  public read(file: string): string {
    return readFileSync(join(this.folder, file), "utf8");
  }

  public remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
