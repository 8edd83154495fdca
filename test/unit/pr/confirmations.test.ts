import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { confirmedBy, entryFor, parseConfirmations } from "../../../lib/pullRequest/confirmations";
import { VOLUME, change } from "./fixtures";

const RESOURCE = "urn:pulumi:t::mlflow-platform::docker:index/volume:Volume::minio-data";

function file(...entries: Readonly<Record<string, string>>[]): string {
  if (entries.length === 0) return file({});
  return JSON.stringify({
    confirmations: entries.map((entry) => ({
      stack: "prod",
      resource: RESOURCE,
      op: "delete",
      reason: "the old store is empty",
      until: "2027-03-01",
      ...entry,
    })),
  });
}

describe("confirmations", () => {
  it("count when the change adds them", () => {
    const { added, faults } = confirmedBy(file(), undefined, "2027-02-01");
    expect(faults).toEqual([]);
    expect(added).toEqual([
      {
        stack: "prod",
        resource: RESOURCE,
        op: "delete",
        reason: "the old store is empty",
        until: "2027-03-01",
      },
    ]);
  });
  it("do not count a second time: what was there before has confirmed something else", () => {
    expect(confirmedBy(file(), file(), "2027-02-01")).toEqual({ added: [], faults: [] });
    const { added } = confirmedBy(file({}, { stack: "staging" }), file(), "2027-02-01");
    expect(added.map(({ stack }) => stack)).toEqual(["staging"]);
  });
  it("are not made new by a comment, or by another order of keys", () => {
    const [entry] = (parse(file()) as { confirmations: Record<string, string>[] }).confirmations;
    const turned = Object.fromEntries(Object.entries(entry ?? {}).reverse());
    const now = `# a comment\n${JSON.stringify({ confirmations: [turned] })}`;
    expect(confirmedBy(now, file(), "2027-02-01").added).toEqual([]);
  });
  it("hold to the end of their last day, and are a fault then", () => {
    expect(confirmedBy(file(), undefined, "2027-03-01").added).toHaveLength(1);
    const { added, faults } = confirmedBy(file(), undefined, "2027-03-02");
    expect(added).toEqual([]);
    expect(faults).toEqual([expect.stringContaining("ended on 2027-03-01") as string]);
  });
  it("that were there before and are over trouble nobody", () => {
    expect(confirmedBy(file(), file(), "2028-01-01")).toEqual({ added: [], faults: [] });
  });
  it("are refused with all faults at once, and none counts", () => {
    const { entries, faults } = parseConfirmations(
      file(
        { op: "update" },
        { until: "tomorrow" },
        { resource: "minio-data" },
        { reason: "ok" },
        { until: "2027-02-30" },
        { extra: "x" },
      ),
    );
    expect(entries).toEqual([]);
    expect(faults.map((fault) => fault.split(":")[0])).toEqual([
      "confirmations.0.op",
      "confirmations.1.until",
      "confirmations.2.resource",
      "confirmations.3.reason",
      "confirmations.4.until",
      "confirmations.5",
    ]);
    expect(parseConfirmations("a: [").faults[0]).toContain("no valid YAML");
    expect(parseConfirmations("- x").faults).toHaveLength(1);
  });
  it.each(["", "confirmations:\n", "# nothing\n", "confirmations: []\n"])("may be none: %j", (text) => {
    expect(parseConfirmations(text)).toEqual({ entries: [], faults: [] });
  });
  it("are proposed in the form that is read, but for the reason", () => {
    const text = `confirmations:\n${entryFor("prod", change("delete", VOLUME, "minio-data"), "2027-03-01")}\n`;
    expect(parseConfirmations(text).faults).toEqual([expect.stringContaining("reason") as string]);
    expect(parseConfirmations(text.replace('""', '"the old store is empty"')).entries).toHaveLength(1);
  });
});
