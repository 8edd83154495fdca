import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import { beforeAll, describe, expect, it } from "vitest";
import { checkout } from "../../../cli/paths";
import { SECRET_OUTPUTS, stackOutputsSchema } from "../../../lib/outputs";
import { type Contract, type Present, judge, present } from "../../helpers/outputs/contract";
import { withTable } from "../../helpers/outputs/page";
import { declaredPaths, seenPaths } from "../../helpers/outputs/paths";
import { recordedOutputs } from "../../helpers/outputs/variants";
import type { Properties } from "../../helpers/recording";
import { isSecret, leaks, opened } from "../../helpers/secrets";

const CONTRACT = join(checkout, "lib/outputs.contract.json");
const PAGE = join(checkout, "docs/outputs.md");
const WRITE = "WRITE_OUTPUTS_CONTRACT=1 npx vitest run test/unit/outputs/contract.test.ts";

const MINUTES = 60_000;

let recorded: ReadonlyMap<string, Properties>;
let now: Present;

beforeAll(async () => {
  recorded = await recordedOutputs();
  now = present(recorded);
}, MINUTES * 3);

describe("the outputs of the program", () => {
  it("are what was promised, or a new version that the changelog tells of", async () => {
    const committed = JSON.parse(readFileSync(CONTRACT, "utf8")) as Contract;
    const changelog = readFileSync(join(checkout, "CHANGELOG.md"), "utf8");
    const { faults, next } = judge(committed, now, changelog);
    expect.soft(faults.join("\n")).toBe("");
    if (faults.length === 0 && next !== undefined) {
      if (process.env["WRITE_OUTPUTS_CONTRACT"] === undefined) {
        expect.fail(`The new version of the outputs is in order. Write it down:\n  ${WRITE}`);
      }
      writeFileSync(CONTRACT, await format(JSON.stringify(next), { parser: "json", printWidth: 110 }));
    }
  });

  it("stand in the documentation as they are", () => {
    const page = readFileSync(PAGE, "utf8");
    const wanted = withTable(page, now.outputs);
    if (process.env["WRITE_OUTPUTS_CONTRACT"] !== undefined) writeFileSync(PAGE, wanted);
    else expect(page, `docs/outputs.md is not up to date: ${WRITE}`).toBe(wanted);
  });

  it("are of the declared types in every variant, and no others", () => {
    const declared = declaredPaths(stackOutputsSchema).map(({ path }) => path);
    for (const [variant, outputs] of recorded) {
      const { error } = stackOutputsSchema.safeParse(opened(outputs));
      expect(error?.issues ?? [], variant).toEqual([]);
      const { there } = seenPaths(stackOutputsSchema, outputs);
      const unknown = there.filter(({ path }) => !declared.includes(path));
      expect(unknown, variant).toEqual([]);
    }
  });

  it("are each given in some variant", () => {
    const seen = [...recorded.values()].flatMap((outputs) => seenPaths(stackOutputsSchema, outputs).there);
    const given = new Set(seen.map(({ path }) => path));
    const never = declaredPaths(stackOutputsSchema).filter(({ path }) => !given.has(path));
    expect(never.map(({ path }) => path)).toEqual([]);
  });

  it("are secret where they hold a secret, as a whole, and nowhere else", () => {
    for (const [variant, outputs] of recorded) {
      const secret = Object.keys(outputs).filter((name) => isSecret(outputs[name]));
      expect(secret, variant).toEqual(SECRET_OUTPUTS);
      expect(leaks(outputs), variant).toEqual([]);
      const { there } = seenPaths(stackOutputsSchema, outputs);
      const inside = there.filter((it) => it.secret && !SECRET_OUTPUTS.includes(it.path.split(".")[0] ?? ""));
      expect(inside, variant).toEqual([]);
    }
  });

  it("are all described", () => {
    const plain = declaredPaths(stackOutputsSchema).filter(({ path, description }) => {
      // An entry of a map or a list is described by the map.
      return description === "" && !/(\.\*|\[\])$/.test(path);
    });
    expect(plain).toEqual([]);
  });
});
