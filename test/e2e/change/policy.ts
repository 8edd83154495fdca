import { join } from "node:path";
import execa from "execa";
import { beforeAll, describe, expect, it } from "vitest";
import { bootstrap, silentReporter } from "../../../cli/bootstrap";
import { openStack } from "../../../cli/engine/stack";
import { dayOf } from "../../../policy/waivers";
import type { CliResult } from "../../helpers/cli";
import { containers } from "../../helpers/engine";
import { type Clone, type GetScene, MINUTES, NAME, SETTINGS } from "./scene";

const DAY = 86_400_000;
const inDays = (days: number): string => dayOf(new Date(Date.now() + days * DAY));

/** Changes that break a rule, by every way in which they could be deployed. */
export function policy(scene: GetScene): void {
  const clone = (): Clone => scene().clone;
  /** A run of the clone's own CLI, on the state of the stack. */
  const changed = (...args: string[]): Promise<CliResult> => clone().run([...args, "--stack", NAME]);

  /** Waives, in the clone, what the first test breaks. */
  function waive(until: string): void {
    const waiver = {
      ...{ rule: "published-ports", stack: NAME, resource: "warden-container" },
      ...{ reason: "Shown by a test.", until },
    };
    clone().write("policy/waivers.yaml", JSON.stringify([waiver]));
  }

  /** What the engine and the state hold: every container by id, and the state's resources. */
  async function everything(): Promise<unknown> {
    const { deployment } = JSON.parse(await scene().stack.exported()) as {
      deployment: { resources: unknown };
    };
    const ids = (await containers(NAME)).map(({ inspected }) => (inspected as { Id: string }).Id).sort();
    return { ids, resources: deployment.resources };
  }

  describe("that breaks a rule", () => {
    beforeAll(async () => {
      scene().stack.configure(SETTINGS);
      await clone().branch("open");
    });

    it(
      "refuses a port that is open, in preview and in up, with nothing changed",
      async () => {
        const before = await everything();
        clone().rewrite(
          "components/workload.ts",
          "ports: bindings(args).map(",
          'ports: (service === "warden" ? [{ internal: 8092, external: 9759, ip: "0.0.0.0" }] : bindings(args)).map(',
        );
        for (const command of ["preview", "up"]) {
          const { exitCode, output } = await changed(command);
          expect(exitCode, output).toBe(1);
          expect(output).toContain(
            "The policy refuses what stack changed would become. Nothing was changed.",
          );
          expect(output).toContain("published-ports: warden-container");
          expect(output).toContain("port 8092 is published on 0.0.0.0");
          expect(output).toMatch(/Why: .*\n.*Do: .*\n.*policy\/waivers\.yaml/);
          expect(output).toMatch(/Next: Correct the program/);
        }
        expect(await everything()).toEqual(before);
      },
      5 * MINUTES,
    );

    it(
      "refuses in every form of the command that takes the Pulumi CLI, and cannot be left out",
      async () => {
        const before = await everything();
        for (const args of [
          ["pulumi", "--color", "never", "up", "--yes", "--skip-preview", `--stack=${NAME}`],
          ["pulumi", `-s=${NAME}`, "update", "--yes"],
          ["pulumi", "preview", "--policy-pack", join(clone().folder, "policy"), `-s${NAME}`],
          ["preview", "--diff", "--stack", NAME],
        ]) {
          const { exitCode, output } = await clone().run(args);
          expect(exitCode, args.join(" ")).not.toBe(0);
          expect(output).toContain("published-ports");
        }
        const { exitCode, output } = await changed(
          "pulumi",
          "up",
          "--yes",
          "--policy-pack-config",
          "off.json",
        );
        expect([exitCode, output]).toEqual([2, expect.stringContaining("--policy-pack-config is not taken")]);
        expect(await everything()).toEqual(before);
      },
      8 * MINUTES,
    );

    it(
      "is asked by a plain Pulumi CLI with the documented flag",
      async () => {
        const toolchain = await bootstrap({ reporter: silentReporter(), only: ["toolchain"] });
        const opened = await openStack(NAME, toolchain);
        const page = clone().read("docs/policy.md");
        const [, flags = ""] = /^pulumi preview -s prod (--policy-pack \S+)$/m.exec(page) ?? [];
        const args = ["preview", "--stack", NAME, "--config-file", opened.configFile, ...flags.split(" ")];
        const { exitCode, all } = await execa(toolchain.pulumi, args, {
          ...{ cwd: clone().folder, env: opened.env, extendEnv: false, all: true, reject: false },
        });
        expect(exitCode, all).not.toBe(0);
        expect(all).toContain("published-ports");
        expect(all).toContain("port 8092 is published on 0.0.0.0");
      },
      3 * MINUTES,
    );

    it(
      "refuses an exception that has ended, and tells faults of the file at once",
      async () => {
        waive(inDays(-1));
        const ended = await changed("up");
        expect(ended.exitCode, ended.output).toBe(1);
        expect(ended.output).toContain(`has ended on ${inDays(-1)}`);
        expect(ended.output).toContain("published-ports: warden-container");
        clone().write("policy/waivers.yaml", "[{rule: nothing, until: soon}]");
        const faulty = await changed("up");
        expect(faulty.exitCode).toBe(2);
        expect(faulty.output).toContain("[0].rule: there is no rule of that name");
        expect(faulty.output).toContain("[0].until: not a day");
      },
      5 * MINUTES,
    );

    it(
      "lets pass what is waived, and says so; refuses the exception when nothing needs it any more",
      async () => {
        waive(inDays(30));
        const waived = await changed("up");
        expect(waived.exitCode, waived.output).toBe(0);
        expect(waived.output).toContain("The policy would refuse this");
        expect(waived.output).toContain(`waived until ${inDays(30)}: Shown by a test.`);
        clone().rewrite("components/workload.ts", 'ip: "0.0.0.0" }]', 'ip: "127.0.0.1" }]');
        const useless = await changed("preview");
        expect(useless.exitCode, useless.output).toBe(1);
        expect(useless.output).toContain("is of no use");
      },
      8 * MINUTES,
    );

    it(
      "finds a secret in an environment by Pulumi's own mark",
      async () => {
        clone().write("policy/waivers.yaml", "[]");
        clone().rewrite(
          "components/console.ts",
          "env: consoleEnv({",
          "env: { GREETING: password(`${name}-salt-two`, this) as unknown as string, ...consoleEnv({",
        );
        clone().rewrite(
          "components/console.ts",
          "internalRealmUrl: identity.internalRealmUrl,\n        })",
          "internalRealmUrl: identity.internalRealmUrl,\n        }) }",
        );
        clone().rewrite("components/workload.ts", "`${key}=${value}`", "pulumi.interpolate`${key}=${value}`");
        const { exitCode, output } = await changed("up");
        expect(exitCode, output).toBe(1);
        expect(output).toMatch(/no-plain-secrets: console-container\n.*marked as a secret/);
      },
      5 * MINUTES,
    );
  });
}
