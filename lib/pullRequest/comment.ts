import { CONFIRMATIONS_FILE, entryFor } from "./confirmations";
import { ORDER, type Size, details, short } from "./details";
import { type Danger, dangers, reasons } from "./gate";
import type { EnvironmentReport, Report, Violation } from "./report";
import { block, code, cut, cutLines, htmlCode } from "./text";

/** First line of the comment, by which it is found and written anew. */
export const MARKER = "<!-- mlflow-platform:pr-check -->";

/** Letters of the longest comment that is written. GitHub takes 65,536. */
export const LONGEST = 60_000;

/** Tried in order until the comment is short enough. */
const SIZES: readonly Size[] = [
  { resources: 1000, properties: 40, letters: 2000 },
  { resources: 500, properties: 10, letters: 300 },
  { resources: 500, properties: 4, letters: 120 },
  { resources: 500, properties: 0, letters: 0 },
  { resources: 100, properties: 0, letters: 0 },
  { resources: 20, properties: 0, letters: 0 },
  { resources: 5, properties: 0, letters: 0 },
];

/** Most lines of a list above the details; the rest is counted. */
const LISTED = 25;

/** Days for which a proposed confirmation counts. */
const CONFIRMED_DAYS = 14;

/**
 * The comment: counts first, then what takes data away, then what else failed, then each environment to be opened.
 *
 * @param now - for the day in a proposed confirmation
 */
export function comment(report: Report, now: Date): string {
  for (const size of SIZES) {
    const text = joined(parts(report, now, size));
    if (text.length <= LONGEST) return text;
  }
  // Whole parts go, from the end: half of one could let text of others out of its block.
  const kept: string[] = [];
  const all = parts(report, now, { resources: 0, properties: 0, letters: 0 });
  for (const part of all) if (joined([...kept, part]).length < LONGEST - 200) kept.push(part);
  return joined([
    ...kept,
    `… ${all.length - kept.length} more parts are left out; the log of the check has all.`,
  ]);
}

function joined(all: readonly string[]): string {
  return `${all.join("\n\n")}\n`;
}

/** What stands in the comment while there is no result, so that an older one does not stay. */
export function noResult(why: string): string {
  return [
    MARKER,
    "## ❔ No result",
    "",
    `${cut(why, 2000)} What an earlier comment said about this pull request does not count any more.`,
    "",
  ].join("\n");
}

function parts(report: Report, now: Date, size: Size): string[] {
  const failed = reasons(report);
  const { commit, base } = report;
  return [
    MARKER,
    failed.length === 0 ? "## ✅ Checks passed" : "## ❌ Checks failed",
    [
      ...(commit === undefined ? [] : [`Commit ${code(commit)}`]),
      ...(base === undefined ? [] : [`compared with ${code(base)}`]),
    ].join(", "),
    counts(report),
    list(failed, (reason) => `❌ ${code(reason, 300)}`),
    losses(report, now),
    goneOrNew(report),
    broken(report),
    suites(report),
    list(report.notes, (note) => `ℹ️ ${code(note, 300)}`),
    ...report.environments.map((environment) => section(environment, size)),
  ].filter((part) => part !== "");
}

/** The table of counts. Names of stacks are file names of the branch, so nothing but code. */
function counts({ environments }: Report): string {
  if (environments.length === 0) return "";
  const rows = environments.slice(0, LISTED).map(({ stack, look, changes, unchanged }) => {
    const cells =
      look.kind === "preview"
        ? [...ORDER.map((op) => changes.filter((change) => change.op === op).length), unchanged]
        : [...ORDER.map(() => "–"), "–"];
    return `| ${code(stack, 60).replaceAll("|", "\\|")} | ${cells.join(" | ")} | ${LOOKS[look.kind]} |`;
  });
  return [
    "| environment | replace | remove | update | adopt | create | unchanged | |",
    "| --- | --: | --: | --: | --: | --: | --: | --- |",
    ...rows,
  ]
    .concat(environments.length > LISTED ? [`\n… and ${environments.length - LISTED} more`] : [])
    .join("\n");
}

const LOOKS: Readonly<Record<EnvironmentReport["look"]["kind"], string>> = {
  preview: "compared with its state",
  judged: "⚠️ **not** compared with its state",
  failed: "❌ could not be compared",
};

function losses(report: Report, now: Date): string {
  const found = dangers(report);
  if (found.length === 0) return "";
  const open = found.filter(({ confirmation }) => confirmation === undefined);
  const sorted = [...open, ...found.filter(({ confirmation }) => confirmation !== undefined)];
  const until = new Date(now.getTime() + CONFIRMED_DAYS * 86_400_000).toISOString().slice(0, 10);
  const proposal = open
    .slice(0, LISTED)
    .map(({ stack, change }) => entryFor(stack, change, until))
    .join("\n");
  return [
    `### ${open.length > 0 ? "🛑" : "⚠️"} Data is lost: ${found.length} (${open.length} not confirmed)`,
    list(sorted, lossInWords),
    ...(open.length === 0
      ? []
      : [
          `If that is meant, add to \`${CONFIRMATIONS_FILE}\` in this pull request, with the reason. It counts for this pull request only.`,
          block(`confirmations:\n${proposal}`, "yaml"),
        ]),
  ].join("\n\n");
}

function lossInWords({ stack, change, confirmation }: Danger): string {
  const { op, name, type, data = "", properties } = change;
  const forced = properties.filter(({ replaces }) => replaces).map(({ path }) => path);
  const why = forced.length > 0 ? `, forced by ${code(forced.join(", "))}` : "";
  const said =
    confirmation === undefined
      ? "**not confirmed**"
      : `confirmed until ${confirmation.until}: ${code(confirmation.reason)}`;
  const verb = op === "delete" ? "removed" : "replaced by an empty one";
  return `${confirmation === undefined ? "🛑" : "⚠️"} ${code(stack, 60)}: ${code(name)} (${code(short(type))}) is **${verb}**${why} — ${data}; ${said}`;
}

/** Replacements and deletions that take no data: in words, before the details. */
function goneOrNew(report: Report): string {
  const dangerous = new Set(dangers(report).map(({ change }) => change));
  const lines = report.environments.flatMap(({ stack, changes }) =>
    (["replace", "delete"] as const).flatMap((op) => {
      const some = changes.filter((change) => change.op === op && !dangerous.has(change));
      if (some.length === 0) return [];
      const names = some
        .slice(0, 8)
        .map(({ name, kept }) => `${code(name, 80)}${kept ? " (what is in it stays)" : ""}`);
      const more = some.length > 8 ? ` and ${some.length - 8} more` : "";
      return [
        `${code(stack, 60)}: ${some.length} ${op === "replace" ? "replaced" : "removed"}: ${names.join(", ")}${more}`,
      ];
    }),
  );
  return lines.length === 0
    ? ""
    : ["### Replaced or removed without loss", list(lines, (line) => line)].join("\n\n");
}

/** Broken rules, each once with what breaks it: one fault in a shared place is in many resources. */
function broken({ environments }: Report): string {
  const groups = new Map<string, { stack: string; first: Violation; resources: string[] }>();
  for (const { stack, violations } of environments) {
    for (const violation of violations) {
      const key = JSON.stringify([stack, violation.rule, violation.mandatory]);
      const group = groups.get(key) ?? { stack, first: violation, resources: [] };
      group.resources.push(violation.resource);
      groups.set(key, group);
    }
  }
  if (groups.size === 0) return "";
  const worst = [...groups.values()].sort(
    (one, other) => Number(other.first.mandatory) - Number(one.first.mandatory),
  );
  return ["### Policy", list(worst, brokenInWords)].join("\n\n");
}

function brokenInWords({
  stack,
  first,
  resources,
}: {
  stack: string;
  first: Violation;
  resources: string[];
}): string {
  const named = resources.filter((name) => name !== "");
  const names = named.slice(0, 5).map((name) => code(name, 160));
  const more = named.length > 5 ? [`${named.length - 5} more`] : [];
  const of = names.length > 0 ? ` (${[...names, ...more].join(", ")})` : "";
  // The first line says what is wrong; what to do is in the log, and in docs/policy.md.
  const what = code(first.message.split("\n")[0] ?? "", 300);
  return `${first.mandatory ? "❌" : "⚠️"} ${code(stack, 60)}: ${code(first.rule, 80)}${of} — ${what}`;
}

function suites({ suites: all }: Report): string {
  if (all.length === 0) return "";
  const rows = all.map(({ name, what, passed, failures, duration }) => {
    const result =
      failures.length === 0 ? `✅ ${passed} passed` : `❌ ${failures.length} failed, ${passed} passed`;
    return `| ${code(name)} | ${code(what)} | ${result} | ${Math.round(duration / 1000)} s |`;
  });
  const failures = all.flatMap(({ name, failures: some }) => some.map((text) => `${name}: ${text}`));
  const shown = failures.slice(0, 10).map((text) => cutLines(cut(text, 600), 12));
  const more = failures.length > 10 ? [`… and ${failures.length - 10} more`] : [];
  return [
    ["| check | | result | |", "| --- | --- | --- | --: |", ...rows].join("\n"),
    ...(failures.length === 0 ? [] : [folded("What failed", block([...shown, ...more].join("\n\n")))]),
  ].join("\n\n");
}

function section({ stack, look, changes, unchanged }: EnvironmentReport, size: Size): string {
  const title = htmlCode(stack, 60);
  if (look.kind !== "preview") {
    const words =
      look.kind === "failed" ? "could not be compared with its state" : "was not compared with its state";
    return folded(`${title} ${words}`, block(cutLines(cut(look.why, 1500), 30)), true);
  }
  if (changes.length === 0) return `${code(stack, 60)}: no changes (${unchanged} unchanged).`;
  return folded(`${title}: ${changes.length} changes`, block(details(changes, size, LONGEST), "diff"));
}

function folded(summary: string, body: string, open = false): string {
  return `<details${open ? " open" : ""}><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

/** A list, written only as far as it is shown. */
function list<Item>(items: readonly Item[], write: (item: Item) => string): string {
  const more = items.length - LISTED;
  const lines = items.slice(0, LISTED).map((item) => `- ${write(item)}`);
  return [...lines, ...(more > 0 ? [`- … and ${more} more`] : [])].join("\n");
}
