import { describe, expect, it } from "vitest";
import { LONGEST, MARKER, comment, noResult } from "../../../lib/pullRequest/comment";
import { BUCKET, CONTAINER, VOLUME, change, environment, report } from "./fixtures";

const NOW = new Date("2027-02-01T00:00:00Z");
const EVIL = "`</details>@everyone\n# big <img src=x>\u202e\u001b[31m|```\n<!-- mlflow-platform:pr-check -->";
const property = (path: string, before: string, after: string, replaces = false) => ({
  path,
  before,
  after,
  secret: false,
  replaces,
});

/** A line without what stands in backticks, as CommonMark pairs them. */
function withoutCode(line: string): string {
  let rest = line;
  let out = "";
  for (;;) {
    const open = /`+/.exec(rest);
    if (open === null) return out + rest;
    const run = open[0].length;
    const after = rest.slice(open.index + run);
    const close = [...after.matchAll(/`+/g)].find(([ticks]) => ticks.length === run);
    out += rest.slice(0, open.index);
    if (close === undefined) {
      out += open[0];
      rest = after;
    } else {
      out += "CODE";
      rest = after.slice(close.index + run);
    }
  }
}

/** What of a comment is neither in a block of code nor in code within a line. */
function markup(text: string): string {
  let fence: string | undefined;
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    const [, mark] = /^(`{3,})[^`]*$/.exec(line) ?? [];
    if (fence === undefined && mark !== undefined) fence = mark;
    else if (fence !== undefined) fence = line === fence ? undefined : fence;
    else lines.push(withoutCode(line));
  }
  expect(fence).toBeUndefined();
  return lines.join("\n");
}

describe("the comment", () => {
  it("begins with its marker, the result and the counts, then what takes data", () => {
    const text = comment(
      report([
        environment("prod", [
          change("replace", VOLUME, "postgres-data", { properties: [property("name", "a", "b", true)] }),
          change("delete", BUCKET, "storage-mlflow-vision", { kept: true }),
          change("update", CONTAINER, "nginx-container", { properties: [property("memory", "1", "2")] }),
          change("create", CONTAINER, "new"),
        ]),
        environment("staging", []),
      ]),
      NOW,
    );
    expect(text).toMatchInlineSnapshot(`
      "<!-- mlflow-platform:pr-check -->

      ## ❌ Checks failed

      Commit \`0123456789ab\`, compared with \`origin/main\`

      | environment | replace | remove | update | adopt | create | unchanged | |
      | --- | --: | --: | --: | --: | --: | --: | --- |
      | \`prod\` | 1 | 1 | 1 | 0 | 1 | 200 | compared with its state |
      | \`staging\` | 0 | 0 | 0 | 0 | 0 | 200 | compared with its state |

      - ❌ \`1 unconfirmed loss of data\`

      ### 🛑 Data is lost: 1 (1 not confirmed)

      - 🛑 \`prod\`: \`postgres-data\` (\`Volume\`) is **replaced by an empty one**, forced by \`name\` — volume; **not confirmed**

      If that is meant, add to \`policy/confirmations.yaml\` in this pull request, with the reason. It counts for this pull request only.

      \`\`\`yaml
      confirmations:
        - stack: "prod"
          resource: "urn:pulumi:t::mlflow-platform::docker:index/volume:Volume::postgres-data"
          op: replace
          reason: "" # why this may be lost
          until: 2027-02-15
      \`\`\`

      ### Replaced or removed without loss

      - \`prod\`: 1 removed: \`storage-mlflow-vision\` (what is in it stays)

      | check | | result | |
      | --- | --- | --- | --: |
      | \`unit\` | \`unit tests\` | ✅ 1500 passed | 61 s |

      <details><summary><code>prod</code>: 4 changes</summary>

      \`\`\`diff
      @@ replace: 1 (1 Volume) @@
      ! replace Volume postgres-data — holds data
      -     name (forces the replacement): a
      +     name (forces the replacement): b

      @@ remove: 1 (1 S3Bucket) @@
      - remove S3Bucket storage-mlflow-vision — holds data, what is in it stays

      @@ update: 1 (1 Container) @@
      ! update Container nginx-container
      -     memory: 1
      +     memory: 2

      @@ create: 1 (1 Container) @@
      + create Container new
      \`\`\`

      </details>

      \`staging\`: no changes (200 unchanged).
      "
    `);
  });

  it("says why confirmed data goes", () => {
    const removed = change("delete", VOLUME, "minio-data");
    const confirmation = {
      stack: "prod",
      resource: removed.urn,
      op: "delete" as const,
      reason: "moved to @other",
      until: "2027-03-01",
    };
    const text = comment(report([environment("prod", [removed])], { confirmations: [confirmation] }), NOW);
    expect(text).toContain("## ✅ Checks passed");
    expect(text).toContain("### ⚠️ Data is lost: 1 (0 not confirmed)");
    expect(text).toContain("confirmed until 2027-03-01: `moved to @other`");
  });

  it("says what was not compared, and why", () => {
    const none = { changes: [], unchanged: 0, violations: [] };
    const text = comment(
      report([
        {
          stack: "dev",
          look: { kind: "judged", why: "No Docker engine answers at tcp://127.0.0.1:9" },
          ...none,
        },
        { stack: "prod", look: { kind: "failed", why: "no backend" }, ...none },
      ]),
      NOW,
    );
    expect(text).toContain("| `dev` | – | – | – | – | – | – | ⚠️ **not** compared with its state |");
    expect(text).toContain("| `prod` | – | – | – | – | – | – | ❌ could not be compared |");
    expect(text).toContain("No Docker engine answers at tcp://127.0.0.1:9");
    expect(text).toContain("- ❌ `prod could not be compared with its state`");
  });

  it("names a broken rule once, with what breaks it", () => {
    const violations = Array.from({ length: 7 }, (_, index) => ({
      rule: "read-only-root",
      resource: `container-${index}`,
      message: "its root can be written to\nWhy: x\nDo: y",
      mandatory: true,
    }));
    const waived = {
      rule: "pkce",
      resource: "client",
      message: "no PKCE (waived until 2027-01-01: r)",
      mandatory: false,
    };
    const text = comment(report([{ ...environment("prod", []), violations: [waived, ...violations] }]), NOW);
    expect(text).toContain(
      "- ❌ `prod`: `read-only-root` (`container-0`, `container-1`, `container-2`, `container-3`, `container-4`, 2 more) — `its root can be written to`\n" +
        "- ⚠️ `prod`: `pkce` (`client`) — `no PKCE (waived until 2027-01-01: r)`",
    );
  });

  it("lets nothing of others become markup, wherever it stands", () => {
    const evil = change("delete", VOLUME, EVIL, { urn: `urn:pulumi:${EVIL}`, properties: [] });
    const text = comment(
      report(
        [
          {
            stack: EVIL,
            look: { kind: "preview" },
            unchanged: 1,
            changes: [
              evil,
              change("replace", VOLUME, EVIL, { properties: [property(EVIL, EVIL, EVIL, true)] }),
              change("replace", CONTAINER, EVIL, { type: EVIL }),
              change("update", CONTAINER, EVIL, { type: EVIL, properties: [property(EVIL, EVIL, EVIL)] }),
            ],
            violations: [{ rule: EVIL, resource: EVIL, message: EVIL, mandatory: true }],
          },
          { stack: EVIL, look: { kind: "failed", why: EVIL }, changes: [], unchanged: 0, violations: [] },
          { stack: EVIL, look: { kind: "preview" }, changes: [], unchanged: 0, violations: [] },
        ],
        {
          commit: EVIL,
          base: EVIL,
          faults: [EVIL],
          notes: [EVIL],
          suites: [{ name: EVIL, what: EVIL, passed: 0, failures: [EVIL], duration: 1 }],
          confirmations: [
            { stack: EVIL, resource: evil.urn, op: "delete", reason: EVIL, until: "2027-03-01" },
          ],
        },
      ),
      NOW,
    );
    const rest = markup(text);
    expect(rest).not.toMatch(/@|(?<!&#64;)everyone|<img|^# big/m);
    expect(rest.match(/<!--/g)).toHaveLength(1);
    expect(rest.match(/<details/g)?.length).toBe(rest.match(/<\/details>/g)?.length);
    expect(text).not.toContain("\u202e");
    expect(text).not.toContain("\u001b");
    // A bar within a cell would begin another one.
    for (const row of text.split("\n").filter((line) => line.startsWith("| ") && line.includes("compared"))) {
      expect(row.split(/(?<!\\)\|/)).toHaveLength(10);
    }
  });

  it("stays readable and short for 500 resources with long values", () => {
    const long = "x".repeat(5000);
    const changes = Array.from({ length: 500 }, (_, index) =>
      change(index < 30 ? "delete" : "update", index < 30 ? VOLUME : CONTAINER, `resource-${index}`, {
        properties: Array.from({ length: 30 }, (__, at) => property(`p${at}`, long, `${long}y`)),
      }),
    );
    const text = comment(report([environment("prod", changes), environment("staging", changes)]), NOW);
    expect(text.length).toBeLessThanOrEqual(LONGEST);
    expect(text).toContain("| `prod` | 0 | 30 | 470 | 0 | 0 | 200 | compared with its state |");
    expect(text).toContain("### 🛑 Data is lost: 60 (60 not confirmed)");
    expect(text).toContain("… and 35 more");
    expect(text).toContain("! update Container resource-499");
    // What takes data stands before all details.
    expect(text.indexOf("Data is lost")).toBeLessThan(text.indexOf("<details"));
    markup(text);
  });

  it("stays below the limit whatever there is", () => {
    const changes = Array.from({ length: 500 }, (_, index) =>
      change("delete", VOLUME, `${index}-${"ä".repeat(300)}`),
    );
    const many = Array.from({ length: 60 }, (_, index) => environment(`stack-${index}`, changes));
    const text = comment(report(many), NOW);
    expect(text.length).toBeLessThan(65_536);
    expect(text.startsWith(`${MARKER}\n## ❌`) || text.startsWith(`${MARKER}\n\n## ❌`)).toBe(true);
  });

  it("without a result takes back what an older one said", () => {
    const text = noResult("The run ended before its time.");
    expect(text.startsWith(MARKER)).toBe(true);
    expect(text).toContain("No result");
    expect(text).toContain("does not count any more");
  });
});
