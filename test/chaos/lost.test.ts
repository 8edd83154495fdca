import Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Toolchain, bootstrap, silentReporter } from "../../cli/bootstrap";
import { exportState, importState } from "../../cli/engine/recovery/state";
import { openStack } from "../../cli/engine/stack";
import { objectLabels } from "../../lib/names";
import { cli } from "../helpers/cli";
import { leftovers } from "../helpers/engine";
import { resources } from "../helpers/madeState";
import { sandbox, twoTeams } from "../helpers/stackFile";

const STACK = process.env["CHAOS_LOST_STACK"] ?? "lost";
const MINUTES = 60_000;
const place = sandbox();
const engine = new Docker();
const SETTINGS = twoTeams(Number(process.env["CHAOS_PORT_BASE"] ?? 9300) + 40);
let toolchain: Toolchain;
const volume = `mlflow-platform-${STACK}-postgres-data`;

/** Runs a verb on the stack whose state is nowhere. */
const run = (...args: string[]) => cli([...args, "--stack", STACK], place.env);

describe("a stack on the engine of which the state knows nothing", () => {
  beforeAll(async () => {
    Object.assign(process.env, place.env);
    place.configure(STACK, SETTINGS);
    toolchain = await bootstrap({ reporter: silentReporter() });
    await run("down", "--delete-data", "--yes");
    const Labels = objectLabels(STACK, "postgres", "postgres-data");
    await engine.createVolume({ Name: volume, Labels });
    await engine.createNetwork({ Name: `mlflow-platform-${STACK}`, Labels });
    await engine.createContainer({
      name: `mlflow-platform-${STACK}-postgres`,
      Image: "debian:trixie-slim",
      Cmd: ["sleep", "600"],
      Labels,
      HostConfig: { Mounts: [{ Type: "volume", Source: volume, Target: "/data" }], NetworkMode: "none" },
    });
  }, 30 * MINUTES);

  afterAll(async () => {
    await run("down", "--delete-data", "--yes");
    place.remove();
  }, 2 * MINUTES);

  it(
    "is not touched by `up`, which says why and what to do",
    async () => {
      const before = await leftovers(STACK);
      const { exitCode, output } = await run("up");
      expect(exitCode, output).toBe(3);
      expect(output).toContain("that this clone's state does not know");
      expect(output).toContain("MLFLOW_PLATFORM_STATE_DIR");
      expect(output).toContain(`npm run down -- --stack ${STACK} --delete-data`);
      expect(await leftovers(STACK)).toEqual(before);
    },
    2 * MINUTES,
  );

  it(
    "is not touched by `down` either",
    async () => {
      const { exitCode, output } = await run("down");
      expect(exitCode, output).toBe(3);
      expect(await leftovers(STACK)).toContain(volume);
    },
    2 * MINUTES,
  );

  it(
    "is removed by `down --delete-data`, all of it",
    async () => {
      const { exitCode, output } = await run("down", "--delete-data", "--yes");
      expect(exitCode, output).toBe(0);
      expect(output).toContain(volume);
      expect(await leftovers(STACK)).toEqual([]);
    },
    2 * MINUTES,
  );

  it(
    "is removed, where its state protects what is gone, once the settings say so, and without an `up` before",
    async () => {
      const stack = await openStack(STACK, toolchain);
      const empty = await exportState(stack);
      const made = resources(STACK)
        .slice(0, -1)
        .map((resource) => (resource.type.startsWith("random:") ? { ...resource, protect: true } : resource));
      await importState(stack, { ...empty, deployment: { ...empty.deployment, resources: made } });
      place.configure(STACK, { ...SETTINGS, protectData: true });
      const refused = await run("down", "--delete-data", "--yes");
      expect(refused.exitCode).toBe(2);
      expect(refused.output).toContain(
        `protectData to false in Pulumi.${STACK}.yaml, then this command again`,
      );
      place.configure(STACK, SETTINGS);
      const { exitCode, output } = await run("down", "--delete-data", "--yes");
      expect(exitCode, output).toBe(0);
      expect((await run("state", "status")).output).toContain("There is no state");
    },
    3 * MINUTES,
  );
});
