import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Contract, type Present, type Promised, judge } from "../../helpers/outputs/contract";
import { declaredPaths, seenPaths } from "../../helpers/outputs/paths";
import * as pulumi from "@pulumi/pulumi";
import { record } from "../../helpers/harness";

const text = (changed: Partial<Promised> = {}): Promised => ({
  ...{ type: "text", secret: false, since: "1.0", when: "always" },
  ...changed,
});

/** A contract as the first write makes it. */
function contract(outputs: Readonly<Record<string, Promised>>): Contract {
  const empty: Contract = { version: "0.9", outputs: { gone: text() }, history: [] };
  const { next, faults } = judge(
    empty,
    { version: "1.0", outputs },
    "- Outputs 1.0: `gone`, `urls`, `teams`",
  );
  if (next === undefined || faults.length > 0) throw new Error(faults.join("\n"));
  return next;
}

const CHANGELOG =
  "## [Unreleased]\n\n- Outputs 1.0: `gone`, `urls` and\n  `teams`\n- Outputs 1.1: `teams.*.colour`\n";
const URLS = { "urls.a": text() };
const FIRST = contract(URLS);

/** What is wrong with a change. */
function faultsOf(now: Present, changelog = CHANGELOG, committed = FIRST): string {
  return judge(committed, now, changelog).faults.join("\n");
}

describe("the contract of the outputs", () => {
  it("is kept while nothing changes", () => {
    expect(judge(FIRST, { version: "1.0", outputs: URLS }, CHANGELOG)).toEqual({
      faults: [],
      next: undefined,
    });
  });

  it.each([
    ["an addition", { ...URLS, "teams.*.colour": text({ since: "1.1" }) }, "1.1"],
    ["a removal", {}, "2.0"],
    ["another name", { "urls.b": text({ since: "2.0" }) }, "2.0"],
    ["another type", { "urls.a": text({ type: "url" }) }, "2.0"],
    ["a secret that is none any more", { "urls.a": text({ secret: true }) }, "2.0"],
    ["one that is no longer always there", { "urls.a": text({ when: ["http"] }) }, "2.0"],
  ])("takes %s only with the version that tells of it", (_, outputs, wanted) => {
    const now = { version: "1.0", outputs };
    expect(faultsOf(now)).toContain(`OUTPUTS_VERSION in lib/outputs.ts is 1.0: set it to "${wanted}"`);
    const changelog = `${CHANGELOG}- Outputs ${wanted}: \`urls\`, \`teams\`\n`;
    const { faults, next } = judge(FIRST, { ...now, version: wanted }, changelog);
    expect(faults).toEqual([]);
    expect(next?.version).toBe(wanted);
    // What was written is the promise from then on.
    expect(judge(next ?? FIRST, { version: wanted, outputs }, changelog)).toEqual({
      faults: [],
      next: undefined,
    });
  });

  it("takes no change that the changelog does not name, by its version", () => {
    const outputs = { ...URLS, "teams.*.colour": text({ since: "1.1" }) };
    const now = { version: "1.1", outputs };
    expect(faultsOf(now, "- Outputs 1.0: `gone`, `urls`")).toContain('"- Outputs 1.1: …" that names `teams`');
    expect(faultsOf(now, "- Outputs 1.0: `urls`, `teams`")).toContain("names `teams`");
    expect(faultsOf(now, "- Outputs 1.1: `urls`\n- Something: `teams`")).toContain("names `teams`");
    expect(faultsOf(now, "- Outputs 1.1: `teamsters`")).toContain("names `teams`");
  });

  it("wants the version noted at what is added", () => {
    expect(faultsOf({ version: "1.1", outputs: { ...URLS, "teams.*.colour": text() } })).toContain(
      'teams.*.colour says since 1.0: set it by since("1.1", …)',
    );
  });

  it("takes no version without a change, and no hand in the file", () => {
    expect(faultsOf({ version: "1.1", outputs: URLS })).toContain("nothing changed since 1.0");
    const edited = { ...FIRST, outputs: { "urls.a": text({ type: "url" }) } };
    expect(faultsOf({ version: "1.0", outputs: edited.outputs }, CHANGELOG, edited)).toContain(
      "edited by hand",
    );
    const renamed = { ...FIRST, version: "1.1" };
    expect(faultsOf({ version: "1.1", outputs: URLS }, CHANGELOG, renamed)).toContain("edited by hand");
    expect(faultsOf({ version: "1.0", outputs: URLS }, "rewritten")).toContain("names `gone`, `urls`");
  });
});

describe("the paths of outputs", () => {
  const schema = z.object({
    teams: z.record(
      z.string(),
      z.object({ bucket: z.url(), roles: z.array(z.enum(["a", "b"])), old: z.string().optional() }),
    ),
    keys: z.array(z.object({ id: z.int() })).meta({ since: "1.1" }),
  });

  it("are those of the schema, with types", () => {
    const paths = declaredPaths(schema).map(({ path, type, since }) => `${path}: ${type} ${since}`.trim());
    expect(paths).toEqual([
      "teams: map",
      "teams.*: object",
      "teams.*.bucket: url",
      'teams.*.roles: list of "a" | "b"',
      "teams.*.old: text",
      "keys: list 1.1",
      "keys[]: object 1.1",
      "keys[].id: integer 1.1",
    ]);
  });

  it("say what was given, what was missing, what was secret and what nobody declared", async () => {
    const { stackOutputs } = await record(() => ({
      teams: {
        x: { bucket: "b", roles: [], old: "o" },
        y: { bucket: "b", roles: [], extra: 1 },
      },
      keys: pulumi.secret([{ id: 1 }]),
    }));
    const { there, missing } = seenPaths(schema, stackOutputs);
    expect(there.filter(({ secret }) => secret).map(({ path }) => path)).toEqual([
      "keys",
      "keys[]",
      "keys[].id",
    ]);
    expect(there.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["teams.*.old", "teams.*.extra", "keys[].id"]),
    );
    expect(missing).toEqual(["teams.*.old"]);
  });
});
