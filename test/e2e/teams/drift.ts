import { cpSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import Docker from "dockerode";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { adminS3, listObjects, removeObjects } from "../../../cli/smoke/objects";
import type { StackOutputs } from "../../../cli/smoke/outputs";
import { objectLabels, objectName } from "../../../lib/names";
import { cli } from "../../helpers/cli";
import { containers } from "../../helpers/engine";
import { secretsOf } from "../../helpers/secretsOf";
import { until } from "../../helpers/until";
import { HAND_MADE, type HandMade } from "./handMade";
import { type GetScene, LANGUAGE, MINUTES, NAME } from "./scene";

const reportSchema = z.object({
  drift: z.boolean(),
  findings: z.array(z.object({ what: z.string(), kind: z.string() })),
  notCompared: z.array(z.object({ what: z.string(), why: z.string() })),
});

/** What was changed by hand is listed, repaired, and listed no more; what cannot be repaired is refused. */
export function drift(scene: GetScene): void {
  const engine = new Docker();
  const found = async (): Promise<{ exitCode: number; output: string }> => scene().stack.run("drift");
  const repaired = async (): Promise<void> => {
    await scene().stack.up({}, "--refresh");
    const { exitCode, output } = await found();
    expect(output).toContain(`✓ Stack ${NAME} is as its last \`up\` made it`);
    expect(exitCode).toBe(0);
  };

  describe("drift", () => {
    it(
      "is none after `up`, and looking for it leaves neither state nor lock behind",
      async () => {
        const before = files(join(process.env["MLFLOW_PLATFORM_STATE_DIR"] ?? "", "backend"));
        expect(before.length).toBeGreaterThan(0);
        const { exitCode, output } = await found();
        expect(output).toContain(`✓ Stack ${NAME} is as its last \`up\` made it`);
        expect(exitCode).toBe(0);
        expect(files(join(process.env["MLFLOW_PLATFORM_STATE_DIR"] ?? "", "backend"))).toEqual(before);
      },
      3 * MINUTES,
    );

    it("of a stack that was never deployed is an error, and makes none", async () => {
      const config = process.env["MLFLOW_PLATFORM_CONFIG_DIR"] ?? "";
      cpSync(join(config, `Pulumi.${NAME}.yaml`), join(config, "Pulumi.never.yaml"));
      const { exitCode, output } = await cli(["drift", "--stack", "never"], {});
      rmSync(join(config, "Pulumi.never.yaml"));
      expect(exitCode).toBe(1);
      expect(output).toMatch(/There is no state of stack never at .*: it was not deployed yet/);
      expect(output).toContain("npm run up -- --stack never");
      const states = files(process.env["MLFLOW_PLATFORM_STATE_DIR"] ?? "");
      expect(states.filter((file) => file.includes("/never"))).toEqual([]);
    });

    describe("by many hands", () => {
      let outputs: StackOutputs;
      const undone = async (change: HandMade): Promise<boolean> => change.repaired(outputs);

      beforeAll(async () => {
        ({ outputs } = scene().stack);
        for (const change of HAND_MADE) {
          await change.make(outputs);
          expect(await undone(change), `${change.title} is made`).toBe(false);
        }
      }, 2 * MINUTES);

      it(
        "is listed thing by thing, with what it is and what was declared, and without a secret",
        async () => {
          const { exitCode, output } = await found();
          expect(exitCode).toBe(1);
          for (const { title, listed } of HAND_MADE) expect(output, title).toMatch(listed);
          expect(output).toContain(`Repair it all: npm run up -- --stack ${NAME} --refresh`);
          expect(secretsOf(outputs).filter((secret) => output.includes(secret))).toEqual([]);
        },
        3 * MINUTES,
      );

      it(
        "is one document for programs",
        async () => {
          const { exitCode, output } = await scene().stack.run("drift", "--json");
          expect(exitCode).toBe(1);
          const report = reportSchema.parse(JSON.parse(output));
          expect(report).toMatchObject({ drift: true, notCompared: [] });
          expect(report.findings.length).toBeGreaterThanOrEqual(HAND_MADE.length);
        },
        3 * MINUTES,
      );

      it(
        "is repaired by one command, as the services themselves say",
        async () => {
          await repaired();
          for (const change of HAND_MADE) expect(await undone(change), change.title).toBe(true);
        },
        8 * MINUTES,
      );
    });

    it(
      "says which service does not answer, and is repaired all the same",
      async () => {
        await engine.getContainer(objectName(NAME, "keycloak")).stop({ t: 30 });
        await engine.getContainer(objectName(NAME, "console")).remove({ force: true });
        const { exitCode, output } = await found();
        expect(exitCode).toBe(1);
        expect(output).toContain("? not compared: everything in Keycloak, since keycloak is exited");
        expect(output).toContain("? not compared: workspaces, accounts and grants in MLflow");
        expect(output).toMatch(/~ Container \S+-keycloak\n +state: by hand exited, declared running/);
        expect(output).toMatch(/- Container \S+-console is gone/);
        expect(output).not.toMatch(/connection refused|ECONNREFUSED|fetch failed/);
        await repaired();
        const states = await containers(NAME);
        for (const service of ["keycloak", "console"]) {
          const container = states.find(({ name }) => name === objectName(NAME, service));
          expect(container).toMatchObject({ state: "running", health: "healthy" });
        }
      },
      10 * MINUTES,
    );

    it(
      "calls out a bucket that is gone; `up` makes no empty one unless it is told to",
      async () => {
        const { stack } = scene();
        const bucket = `mlflow-${LANGUAGE.name}`;
        const store = adminS3(stack.outputs);
        await removeObjects(store, { bucket, prefix: "" });
        await store.removeBucket(bucket);
        const { exitCode, output } = await found();
        expect(exitCode).toBe(1);
        expect(output).toContain(`- Bucket ${bucket} is gone — bucket with its artifacts`);
        expect(output).toContain(`Data is gone: Bucket ${bucket}.`);
        const refused = await stack.run("up", "--refresh");
        expect(refused.exitCode).toBe(1);
        expect(refused.output).toMatch(new RegExp(`would make what held it anew, empty[^]*Bucket ${bucket}`));
        expect(refused.output).toContain("--accept-loss");
        expect(await store.bucketExists(bucket)).toBe(false);
        await stack.up({}, "--refresh", "--accept-loss");
        expect(await store.bucketExists(bucket)).toBe(true);
        expect(await listObjects(store, { bucket, prefix: "" }, true)).toEqual([]);
        expect((await found()).exitCode).toBe(0);
      },
      10 * MINUTES,
    );

    it(
      "calls out a volume that is gone, or is another one of that name; `up` makes no empty one",
      async () => {
        const { stack } = scene();
        const volume = objectName(NAME, "audit-data");
        for (const container of [objectName(NAME, "audit"), objectName(NAME, "audit-files")])
          await engine.getContainer(container).remove({ force: true });
        await engine.getVolume(volume).remove();
        expect((await found()).output).toContain(
          `- Volume ${volume} is gone — volume of the audit stream: who did what`,
        );
        const refused = await stack.run("up", "--refresh");
        expect(refused.exitCode).toBe(3);
        expect(refused.output).toContain(`The volumes ${volume} of stack ${NAME} are not on this engine`);
        // As Docker makes it for whoever starts a container with that name.
        await engine.createVolume({ Name: volume });
        expect((await found()).output).toContain(`! Volume ${volume} is not the one that was made`);
        const foreign = await stack.run("up");
        expect(foreign.exitCode).toBe(3);
        expect(foreign.output).toContain(`called ${volume} there now was not made by this stack`);
        await engine.getVolume(volume).remove();
        // As a restore does it.
        await engine.createVolume({ Name: volume, Labels: objectLabels(NAME, "audit", "audit-data") });
        await stack.up();
        await until(async () => (await found()).exitCode === 0, MINUTES);
      },
      10 * MINUTES,
    );
  });
}

/** Every file below a folder with its time and size. */
function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return `${path} ${statSync(path).mtimeMs} ${readFileSync(path).length}`;
    })
    .sort();
}
