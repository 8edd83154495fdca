import { z } from "zod";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StackOutputs } from "../../cli/smoke";
import { stackOutputsSchema } from "../../lib/outputs";
import { leftovers } from "../helpers/engine";
import { twoTeams } from "../helpers/stackFile";
import { TestStack } from "../helpers/testStack";
import { lastRelease } from "../helpers/upgrade/release";
import { facts } from "./upgrade/facts";
import { type ReleasedProgram, releasedProgram } from "./upgrade/released";
import { type LoggedRun, logRun, readRun } from "./upgrade/run";

const NAME = "upgrade";
const PORT_BASE = 9700;
const MINUTES = 60_000;

let stack: TestStack;
let old: ReleasedProgram | undefined;
let run: LoggedRun;
let before: string[];

/** Outputs of the release, of which this version's tools need these; it may lack what came later. */
const { urls, oidc, s3, credentials, providerEndpoints } = stackOutputsSchema.shape;
const oldOutputs = z.object({
  urls,
  oidc: oidc.pick({ issuer: true, realm: true, clientId: true, cliClientId: true, audience: true }),
  s3: s3.pick({ endpoint: true, region: true }),
  credentials,
  providerEndpoints,
});

describe("an upgrade from the last release", () => {
  beforeAll(async () => {
    stack = await TestStack.open(NAME, twoTeams(PORT_BASE));
    const release = await lastRelease();
    old = await releasedProgram(release);
    console.log(`the release is ${release.version} (${release.commit})`);
    await old.run("up", "--stack", NAME);
    const outputs = oldOutputs.parse(await stack.rawOutputs()) as unknown as StackOutputs;
    run = await logRun(outputs);
    before = await facts(NAME, outputs, await stack.openState());
    expect(before.length).toBeGreaterThan(60);
  }, 40 * MINUTES);

  afterAll(async () => {
    await stack.remove();
    old?.remove();
    expect(await leftovers(NAME)).toEqual([]);
  }, 5 * MINUTES);

  it(
    "is announced without a loss: nothing that holds data would be deleted or replaced",
    async () => {
      const changes = await stack.changes();
      console.log(changes.map(({ op, name }) => `${op} ${name}`).join("\n") || "nothing changes");
      const lost = changes.filter(({ op, holdsData }) => holdsData && (op === "delete" || op === "replace"));
      expect(lost.map(({ op, urn, data }) => `${op} ${urn}: ${data ?? ""}`)).toEqual([]);
    },
    5 * MINUTES,
  );

  it(
    "loses nothing: volumes, people, tokens, passwords and objects are the same ones",
    async () => {
      await stack.up();
      const after = new Set(await facts(NAME, stack.outputs, await stack.openState()));
      expect(before.filter((fact) => !after.has(fact))).toEqual([]);
      expect(await readRun(stack.outputs, run)).toEqual(run);
    },
    15 * MINUTES,
  );

  it(
    "leaves a stack that does its job and has nothing more to change, also by what is really there",
    async () => {
      expect(await stack.smoke()).toEqual([]);
      expect(await stack.succeeds("preview")).toContain("No changes");
      expect(await stack.succeeds("preview", "--refresh")).toContain("No changes");
    },
    8 * MINUTES,
  );
});
