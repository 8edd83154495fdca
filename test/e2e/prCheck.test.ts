import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import execa from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bootstrap, silentReporter } from "../../cli/bootstrap";
import { pulumi } from "../../cli/engine/pulumi";
import { openStack } from "../../cli/engine/stack";
import { knownSecrets } from "../../lib/changes/secrets";
import { CONFIRMATIONS_FILE } from "../../lib/pullRequest/confirmations";
import { type CliResult, cli } from "../helpers/cli";
import { copyOfCheckout } from "../helpers/copyOfCheckout";
import { type TestSettings, sandbox, twoTeams } from "../helpers/stackFile";

const NAME = "looked";
const PORT_BASE = 9920;
const MINUTES = 60_000;
const MARKER = "<!-- mlflow-platform:pr-check -->";
const place = sandbox();
const [vision, language] = twoTeams(PORT_BASE)["teams"] as [object, object];
/** Vision's data may go with the team, language's may not. */
const settings: TestSettings = {
  ...twoTeams(PORT_BASE),
  teams: [{ ...vision, retain: false }, language],
};

/** A clone with a main branch, in which changes are made on branches. */
let clone = "";
const secrets: string[] = [];

describe("a pull request is checked against the deployed stack", () => {
  beforeAll(async () => {
    Object.assign(process.env, place.env);
    place.configure(NAME, settings);
    await succeeds("down", "--delete-data", "--yes");
    await succeeds("up");
    const stack = await openStack(NAME, await bootstrap({ reporter: silentReporter(), only: ["toolchain"] }));
    const state = await pulumi(stack, ["stack", "export", "--show-secrets"]);
    secrets.push(...knownSecrets(JSON.parse(state.stdout)));
    clone = copyOfCheckout();
    // That the unit suite is run is shown by a part of it: all of it has its own turn in `npm test`.
    const unit = join(clone, "test", "unit");
    for (const file of readdirSync(unit, { recursive: true, encoding: "utf8" }))
      if (file.endsWith(".test.ts") && !file.startsWith("pr/")) rmSync(join(unit, file));
    await git("init", "--quiet", "--initial-branch=main");
    // A link to packages is not what `.gitignore` calls a folder.
    appendFileSync(join(clone, ".git", "info", "exclude"), "/node_modules\n");
    await git("add", "--all");
    await commit("what is deployed");
  }, 20 * MINUTES);

  afterAll(async () => {
    place.configure(NAME, settings);
    await succeeds("down", "--delete-data", "--yes");
    place.remove();
    if (clone !== "") rmSync(clone, { recursive: true, force: true });
  }, 10 * MINUTES);

  it(
    "a harmless one passes all checks, and the comment says what it changes",
    async () => {
      await branch("harmless");
      const { exitCode, output, comment } = await checked({
        teams: [{ ...vision, retain: false }, language, { name: "audio", members: ["vera"] }],
      });
      expect(exitCode, output).toBe(0);
      expect(output).toContain("✓ The change passes");
      expect(comment).toContain("## ✅ Checks passed");
      expect(comment).toMatch(/compared with `main`/);
      for (const suite of ["types", "lint", "unit", "policy"])
        expect(comment).toMatch(new RegExp(`\\| \`${suite}\` \\|.*✅ \\d+ passed`));
      expect(comment).toMatch(
        /\| `looked` \| 0 \| 0 \| \d+ \| 0 \| \d+ \| \d{3} \| compared with its state \|/,
      );
      expect(comment).toContain("+ create Workspace access-audio");
      expect(comment).not.toContain("Data is lost");
    },
    30 * MINUTES,
  );

  it(
    "one that takes data away does not pass until that is confirmed in the same change",
    async () => {
      await branch("dangerous");
      const without = { teams: [language] };
      const first = await checked(without, "--only", "preview");
      expect(first.exitCode, first.output).toBe(1);
      expect(first.comment).toContain("## ❌ Checks failed");
      expect(first.comment).toMatch(/### 🛑 Data is lost: 2 \(2 not confirmed\)/);
      expect(first.comment).toMatch(
        /`access-vision` \(`Workspace`\) is \*\*removed\*\*.*\*\*not confirmed\*\*/,
      );
      expect(first.comment).toMatch(/`storage-mlflow-vision` \(`S3Bucket`\) is \*\*removed\*\*/);
      // What takes data stands before the details.
      expect(first.comment.indexOf("Data is lost")).toBeLessThan(first.comment.indexOf("<details"));

      const [, proposal = ""] = /```yaml\n([\s\S]*?)\n```/.exec(first.comment) ?? [];
      const confirmation = proposal.replaceAll('reason: ""', 'reason: "team vision has moved out"');
      writeFileSync(join(clone, CONFIRMATIONS_FILE), confirmation);
      await commit("vision may go");
      const second = await checked(without, "--only", "preview");
      expect(second.exitCode, second.output).toBe(0);
      expect(second.comment).toMatch(/### ⚠️ Data is lost: 2 \(0 not confirmed\)/);
      expect(second.comment).toContain("team vision has moved out");

      // Once it is part of the base it has confirmed something else.
      await git("branch", "--force", "main", "HEAD");
      const third = await checked(without, "--only", "preview");
      expect(third.exitCode, third.output).toBe(1);
      await git("branch", "--force", "main", "HEAD~1");

      writeFileSync(
        join(clone, CONFIRMATIONS_FILE),
        confirmation.replaceAll(/until: .*/g, "until: 2020-01-01"),
      );
      const over = await checked(without, "--only", "preview");
      expect(over.exitCode, over.output).toBe(1);
      expect(over.comment).toContain("ended on 2020-01-01");
      await git("checkout", "--", ".");
    },
    15 * MINUTES,
  );

  it(
    "a volume that is replaced, and a realm that goes: both are called out",
    async () => {
      await branch("worse");
      rewrite("components/dataVolume.ts", "`${service}-data`", "`${service}-data-2`");
      rewrite(
        "components/identity/realm.ts",
        /new keycloak\.Realm\(\s*name,/,
        "new keycloak.Realm(`${name}-2`,",
      );
      await commit("worse");
      const { exitCode, output, comment } = await checked({}, "--only", "preview");
      expect(exitCode, output).toBe(1);
      expect(comment).toMatch(
        /`postgres-data` \(`Volume`\) is \*\*replaced by an empty one\*\*, forced by `name`/,
      );
      expect(comment).toMatch(/`identity-realm` \(`Realm`\) is \*\*(removed|replaced by an empty one)\*\*/);
    },
    10 * MINUTES,
  );

  it(
    "one that breaks a rule does not pass",
    async () => {
      await branch("forbidden");
      rewrite("components/workload.ts", "readOnly: true", "readOnly: false");
      await commit("forbidden");
      const { exitCode, output, comment } = await checked({}, "--only", "preview");
      expect(exitCode, output).toBe(1);
      expect(comment).toContain("### Policy");
      expect(comment).toMatch(/`looked breaks the policy \(\d+\)`/);
    },
    10 * MINUTES,
  );

  it(
    "without an engine it says so, and judges the program all the same",
    async () => {
      await branch("engineless");
      const nowhere = { DOCKER_HOST: "tcp://127.0.0.1:9" };
      const good = await checked({}, "--only", "policy", "preview", nowhere);
      expect(good.exitCode, good.output).toBe(0);
      expect(good.comment).toContain("No Docker engine answers at tcp://127.0.0.1:9");
      expect(good.comment).toContain(
        "| `looked` | – | – | – | – | – | – | ⚠️ **not** compared with its state |",
      );
      expect((await checked({}, "--only", "preview", "--require-preview", nowhere)).exitCode).toBe(1);

      rewrite("components/workload.ts", "readOnly: true", "readOnly: false");
      const bad = await checked({}, "--only", "preview", nowhere);
      expect(bad.exitCode, bad.output).toBe(1);
      expect(bad.comment).toContain("### Policy");
      await git("checkout", "--", ".");
    },
    10 * MINUTES,
  );

  it(
    "when the backend fails, the check fails, and an older comment does not stay",
    async () => {
      await branch("backendless");
      const broken = await checked({}, "--only", "preview", { PULUMI_BACKEND_URL: "file:///proc/nowhere" });
      expect(broken.exitCode, broken.output).toBe(1);
      expect(broken.comment).toContain("`looked could not be compared with its state`");
      const empty = mkdtempSync(join(tmpdir(), "mlflow-platform-backend-"));
      try {
        // Another backend that works, but knows no such stack.
        const other = await checked({}, "--only", "preview", { PULUMI_BACKEND_URL: `file://${empty}` });
        expect(other.exitCode, other.output).toBe(1);
        expect(other.comment).toContain("There is no state of stack looked");
      } finally {
        rmSync(empty, { recursive: true, force: true });
      }
      const nonsense = await checked({}, "--only", "preview", "--base", "no-such-branch");
      expect(nonsense.exitCode).toBe(2);
      expect(nonsense.comment).toContain("No result");
    },
    10 * MINUTES,
  );

  it("no secret of the stack was ever printed or written", () => {
    expect(secrets.length).toBeGreaterThan(15);
    expect(said.length).toBeGreaterThan(10);
    const found = secrets.filter((secret) => secret.length > 7 && said.some((text) => text.includes(secret)));
    expect(found).toEqual([]);
  });
});

/** All that was printed, and all comments. */
const said: string[] = [];

/** Runs the check in the clone. Options are flags, or one record of environment variables. */
async function checked(
  changed: TestSettings,
  ...options: (string | Readonly<Record<string, string>>)[]
): Promise<CliResult & { readonly comment: string }> {
  place.configure(NAME, { ...settings, ...changed });
  const file = join(clone, "..", `${basename(clone)}.md`);
  writeFileSync(file, `${MARKER}\nan older comment, all green\n`);
  const flags = options.filter((option) => typeof option === "string");
  const env = Object.assign({}, ...options.filter((option) => typeof option !== "string")) as Record<
    string,
    string
  >;
  const base = flags.includes("--base") ? [] : ["--base", "main"];
  const args = ["pr-check", "--stack", NAME, ...base, "--comment", file, ...flags];
  const result = await cli(args, { ...place.env, ...env }, clone);
  const comment = readFileSync(file, "utf8");
  rmSync(file);
  said.push(result.output, comment);
  expect(comment.startsWith(MARKER)).toBe(true);
  expect(comment).not.toContain("an older comment");
  return { ...result, comment };
}

async function succeeds(...args: string[]): Promise<void> {
  const { exitCode, output } = await cli([...args, "--stack", NAME], place.env);
  if (exitCode !== 0) throw new Error(`${args.join(" ")} ended with exit code ${exitCode}:\n${output}`);
}

async function git(...args: string[]): Promise<void> {
  const who = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
  await execa("git", [...who, ...args], { cwd: clone });
}

async function commit(message: string): Promise<void> {
  await git("add", "--all");
  await git("commit", "--quiet", "--allow-empty", "--message", message);
}

/** A branch from main, with nothing of another one. */
async function branch(name: string): Promise<void> {
  await git("checkout", "--quiet", "--force", "-B", name, "main");
}

/** Changes a file of the clone, which has to hold what is changed. */
function rewrite(file: string, what: string | RegExp, by: string): void {
  const path = join(clone, file);
  const text = readFileSync(path, "utf8");
  const changed = text.replace(what, () => by);
  if (changed === text) throw new Error(`there is no ${String(what)} in ${file}`);
  writeFileSync(path, changed);
}
