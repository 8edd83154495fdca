import Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bootstrap, silentReporter } from "../../cli/bootstrap";
import { outputsOf } from "../../cli/engine/outputs";
import { CONTAINER, exportState, importState, pendingOf, resourcesOf } from "../../cli/engine/recovery/state";
import { openStack } from "../../cli/engine/stack";
import { parseOutputs } from "../../cli/smoke";
import { cli } from "../helpers/cli";
import { leftovers } from "../helpers/engine";
import { addMarker, readMarker } from "../helpers/marker";
import { sandbox, twoTeams } from "../helpers/stackFile";
import { type Hit, Keepsakes, recovered, upKilled } from "./bringUp";
import { facts, markers, withPassword } from "./facts";
import { withoutServices } from "./forget";
import { takePassword } from "./password";
import { type Kill, plan } from "./plan";
import { random } from "./random";
import { TARGETS } from "./victim";

const STACK = process.env["CHAOS_STACK"] ?? "chaostest";
const PORT_BASE = Number(process.env["CHAOS_PORT_BASE"] ?? 9300);
const KILLS = Number(process.env["CHAOS_KILLS"] ?? 3);
/** Most kills of one stack's life, from nothing to nothing. */
const PER_LIFE = 5;
const SEED = Number(process.env["CHAOS_SEED"] ?? Date.now() % 1_000_000);
const MINUTES = 60_000;

const place = sandbox();
const scene = { stack: STACK, env: place.env };
const chance = random(SEED);

/** How many kills each life of the stack gets: as even as can be. */
function lives(): number[] {
  const count = Math.ceil(KILLS / PER_LIFE);
  return Array.from(
    { length: count },
    (_, life) => Math.floor(((life + 1) * KILLS) / count) - Math.floor((life * KILLS) / count),
  );
}

function tell({ kill, pending, killed, seconds, exit, recovered: found }: Hit): void {
  if (found !== "") console.log(`  up: ${found}`);
  const others = [...new Set(killed)].join(", ");
  console.log(
    `  killed ${kill.target} (${others}) at ${seconds.toFixed(1)} s, ${kill.after} ms into ${kill.during}, ` +
      `exit ${exit}; under way: ${pending.join(", ")}`,
  );
}

/** Runs a verb that has to succeed. */
async function succeeds(...args: string[]): Promise<string> {
  const started = Date.now();
  const { exitCode, output } = await cli([...args, "--stack", STACK], scene.env);
  const found = recovered(output);
  console.log(
    `  ${args.join(" ")}: exit ${exitCode} after ${((Date.now() - started) / 1000).toFixed(1)} s${found === "" ? "" : `; ${found}`}`,
  );
  expect(exitCode, output).toBe(0);
  return output;
}

async function open() {
  return openStack(STACK, await bootstrap({ reporter: silentReporter(), only: ["toolchain"] }));
}

/** Ids of the stack's containers that the state does not know. */
async function strays(): Promise<string[]> {
  const state = await exportState(await open());
  expect(pendingOf(state)).toEqual([]);
  const known = new Set(resourcesOf(state).flatMap(({ type, id }) => (type === CONTAINER ? [id] : [])));
  const there = await new Docker().listContainers({
    all: true,
    filters: { label: [`mlflow-platform.stack=${STACK}`] },
  });
  return there.filter(({ Id }) => !known.has(Id)).map(({ Names }) => Names.join());
}

async function isInOrder(kept: Keepsakes): Promise<void> {
  expect(await succeeds("preview")).toContain("No changes");
  expect(await strays()).toEqual([]);
  // Everything that was there at a kill is still the same object, not one of the same name.
  const now = await facts(STACK);
  expect(kept.facts.filter((fact) => !now.includes(fact))).toEqual([]);
  expect(await markers(STACK)).toEqual(expect.arrayContaining([...kept.markers]));
}

describe(`${KILLS} kills, seed ${SEED}`, () => {
  beforeAll(async () => {
    Object.assign(process.env, place.env);
    place.configure(STACK, twoTeams(PORT_BASE));
    await bootstrap({ reporter: silentReporter() });
    // What an earlier run of this test may have left, when it was killed itself.
    await succeeds("down", "--delete-data", "--yes");
  }, 30 * MINUTES);

  afterAll(async () => {
    await succeeds("down", "--delete-data", "--yes");
    expect(await leftovers(STACK)).toEqual([]);
    place.remove();
  }, 5 * MINUTES);

  for (const [life, count] of lives().entries()) {
    const first = Math.max(1, count - 1);

    it(
      `comes up though its first \`up\` is killed ${first} times (life ${life + 1})`,
      async () => {
        const kept = new Keepsakes();
        for (const [index, kill] of plan(chance, first).entries()) {
          const hit = await upKilled(scene, kill);
          tell(hit);
          expect(hit.pending).not.toEqual([]);
          await kept.add(STACK, `life ${life} kill ${index}`);
        }
        await succeeds("up");
        await isInOrder(kept);
      },
      (4 + first) * 2 * MINUTES,
    );

    if (count > 1)
      it(
        `comes up again, with all data, though a later \`up\` is killed (life ${life + 1})`,
        async () => {
          const kept = new Keepsakes();
          await kept.add(STACK, `life ${life} later`);
          const outputs = parseOutputs(await outputsOf(await open()), STACK);
          const marker = await addMarker(outputs);
          const service = chance.pick(["console", "mlflow", "minio", "nginx"]);
          await new Docker()
            .getContainer(`mlflow-platform-${STACK}-${service}`)
            .remove({ force: true, v: true });
          const kill: Kill = {
            during: `${service}-container`,
            after: chance.integer(2000),
            target: chance.pick(TARGETS),
          };
          tell(await upKilled(scene, kill));
          await succeeds("up");
          await isInOrder(kept);
          expect(await readMarker(outputs, marker)).toBe(marker.value);
        },
        6 * MINUTES,
      );

    if (life === 0)
      it(
        "takes back everything in its services that its state has forgotten",
        async () => {
          const kept = new Keepsakes();
          await kept.add(STACK, "before it was forgotten");
          const stack = await open();
          const people = await withPassword(STACK);
          await takePassword(await exportState(stack, true), `mlflow-${STACK}`, "luis");
          expect(await withPassword(STACK)).toEqual(people.filter((name) => name !== "luis"));
          await importState(stack, withoutServices(await exportState(stack)));
          await succeeds("up");
          await isInOrder(kept);
          // A user between its creation and its first password is what a kill leaves there.
          expect(await withPassword(STACK)).toEqual(people);
        },
        8 * MINUTES,
      );

    if (life < lives().length - 1)
      it(
        `is removed without a trace (life ${life + 1})`,
        async () => {
          await succeeds("down", "--delete-data", "--yes");
          expect(await leftovers(STACK)).toEqual([]);
        },
        5 * MINUTES,
      );
  }
});
