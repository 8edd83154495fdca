import { describe, expect, it } from "vitest";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../../cli/paths";
import { RULES } from "../../policy/rules";

const page = readFileSync(join(checkout, "docs", "policy.md"), "utf8");

describe("docs/policy.md and the rules", () => {
  it("say the same, in the same order", () => {
    const rows = [...page.matchAll(/^\| `([a-z-]+)` +\| ([a-z]+) +\| (.*?) +\|$/gm)].map(
      ([, ...cells]) => cells,
    );
    expect(rows).toEqual(RULES.map(({ name, area, what }) => [name, area, what]));
  });

  it("are one file each, named once", () => {
    const folder = join(checkout, "policy", "rules");
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((it) => it.isFile() && it.name !== "index.ts")
      .map((it) => readFileSync(join(it.parentPath, it.name), "utf8"))
      .filter((text) => /: Rule = \{/.test(text));
    expect(files).toHaveLength(RULES.length);
    expect(files.filter((text) => text.split(/: Rule = \{/).length !== 2)).toEqual([]);
    expect(new Set(RULES.map(({ name }) => name)).size).toBe(RULES.length);
    for (const { name } of RULES) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });
});
