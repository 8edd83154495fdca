import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { knownSecrets } from "../../../lib/changes/secrets";
import { CONFIRMATIONS_FILE } from "../../../lib/pullRequest/confirmations";
import type { CliResult } from "../../helpers/cli";
import type { TestSettings } from "../../helpers/stackFile";
import { type Clone, type GetScene, LANGUAGE, MINUTES, NAME, SETTINGS, VISION } from "./scene";

const MARKER = "<!-- mlflow-platform:pr-check -->";

/** Changes of settings and program as a pull request brings them, checked against the deployed stack. */
export function pullRequest(scene: GetScene): void {
  const clone = (): Clone => scene().clone;
  const secrets: string[] = [];
  /** All that was printed, and all comments. */
  const said: string[] = [];

  /** Runs the check in the clone. Options are flags, or one record of environment variables. */
  async function checked(
    changed: TestSettings,
    ...options: (string | Readonly<Record<string, string>>)[]
  ): Promise<CliResult & { readonly comment: string }> {
    scene().stack.configure({ ...SETTINGS, ...changed });
    const file = `${clone().folder}.md`;
    writeFileSync(file, `${MARKER}\nan older comment, all green\n`);
    const flags = options.filter((option) => typeof option === "string");
    const env = Object.assign({}, ...options.filter((option) => typeof option !== "string")) as Record<
      string,
      string
    >;
    const base = flags.includes("--base") ? [] : ["--base", "main"];
    const args = ["pr-check", "--stack", NAME, ...base, "--comment", file, ...flags];
    const result = await clone().run(args, env);
    const comment = readFileSync(file, "utf8");
    rmSync(file);
    said.push(result.output, comment);
    expect(comment.startsWith(MARKER)).toBe(true);
    expect(comment).not.toContain("an older comment");
    return { ...result, comment };
  }

  describe("in a pull request", () => {
    beforeAll(async () => {
      secrets.push(...knownSecrets(await scene().stack.openState()));
    }, MINUTES);

    it(
      "a harmless one passes all checks, and the comment says what it changes",
      async () => {
        await clone().branch("harmless");
        const { exitCode, output, comment } = await checked({
          teams: [VISION, LANGUAGE, { name: "audio", members: ["vera"] }],
        });
        expect(exitCode, output).toBe(0);
        expect(output).toContain("✓ The change passes");
        expect(comment).toContain("## ✅ Checks passed");
        expect(comment).toMatch(/compared with `main`/);
        for (const suite of ["types", "lint", "unit", "policy"])
          expect(comment).toMatch(new RegExp(`\\| \`${suite}\` \\|.*✅ \\d+ passed`));
        expect(comment).toMatch(
          /\| `changed` \| 0 \| 0 \| \d+ \| 0 \| \d+ \| \d{3} \| compared with its state \|/,
        );
        expect(comment).toContain("+ create Workspace access-audio");
        expect(comment).not.toContain("Data is lost");
      },
      30 * MINUTES,
    );

    it(
      "one that takes data away does not pass until that is confirmed in the same change",
      async () => {
        await clone().branch("dangerous");
        const without = { teams: [LANGUAGE] };
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
        clone().write(CONFIRMATIONS_FILE, confirmation);
        await clone().commit("vision may go");
        const second = await checked(without, "--only", "preview");
        expect(second.exitCode, second.output).toBe(0);
        expect(second.comment).toMatch(/### ⚠️ Data is lost: 2 \(0 not confirmed\)/);
        expect(second.comment).toContain("team vision has moved out");

        // Once it is part of the base it has confirmed something else.
        await clone().git("branch", "--force", "main", "HEAD");
        const third = await checked(without, "--only", "preview");
        expect(third.exitCode, third.output).toBe(1);
        await clone().git("branch", "--force", "main", "HEAD~1");

        clone().write(CONFIRMATIONS_FILE, confirmation.replaceAll(/until: .*/g, "until: 2020-01-01"));
        const over = await checked(without, "--only", "preview");
        expect(over.exitCode, over.output).toBe(1);
        expect(over.comment).toContain("ended on 2020-01-01");
        await clone().git("checkout", "--", ".");
      },
      15 * MINUTES,
    );

    it(
      "a volume that is replaced, and a realm that goes: both are called out",
      async () => {
        await clone().branch("worse");
        clone().rewrite("components/dataVolume.ts", "`${service}-data`", "`${service}-data-2`");
        clone().rewrite(
          "components/identity/realm.ts",
          /new keycloak\.Realm\(\s*name,/,
          "new keycloak.Realm(`${name}-2`,",
        );
        await clone().commit("worse");
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
        await clone().branch("forbidden");
        clone().rewrite("components/workload.ts", "readOnly: true", "readOnly: false");
        await clone().commit("forbidden");
        const { exitCode, output, comment } = await checked({}, "--only", "preview");
        expect(exitCode, output).toBe(1);
        expect(comment).toContain("### Policy");
        expect(comment).toMatch(/`changed breaks the policy \(\d+\)`/);
      },
      10 * MINUTES,
    );

    it(
      "without an engine it says so, and judges the program all the same",
      async () => {
        await clone().branch("engineless");
        const nowhere = { DOCKER_HOST: "tcp://127.0.0.1:9" };
        const good = await checked({}, "--only", "policy", "preview", nowhere);
        expect(good.exitCode, good.output).toBe(0);
        expect(good.comment).toContain("No Docker engine answers at tcp://127.0.0.1:9");
        expect(good.comment).toContain(
          "| `changed` | – | – | – | – | – | – | ⚠️ **not** compared with its state |",
        );
        expect((await checked({}, "--only", "preview", "--require-preview", nowhere)).exitCode).toBe(1);

        clone().rewrite("components/workload.ts", "readOnly: true", "readOnly: false");
        const bad = await checked({}, "--only", "preview", nowhere);
        expect(bad.exitCode, bad.output).toBe(1);
        expect(bad.comment).toContain("### Policy");
        await clone().git("checkout", "--", ".");
      },
      10 * MINUTES,
    );

    it(
      "when the backend fails, the check fails, and an older comment does not stay",
      async () => {
        await clone().branch("backendless");
        const broken = await checked({}, "--only", "preview", { PULUMI_BACKEND_URL: "file:///proc/nowhere" });
        expect(broken.exitCode, broken.output).toBe(1);
        expect(broken.comment).toContain("`changed could not be compared with its state`");
        const empty = mkdtempSync(join(tmpdir(), "mlflow-platform-backend-"));
        try {
          // Another backend that works, but knows no such stack.
          const other = await checked({}, "--only", "preview", { PULUMI_BACKEND_URL: `file://${empty}` });
          expect(other.exitCode, other.output).toBe(1);
          expect(other.comment).toContain("There is no state of stack changed");
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
      const found = secrets.filter(
        (secret) => secret.length > 7 && said.some((text) => text.includes(secret)),
      );
      expect(found).toEqual([]);
    });
  });
}
