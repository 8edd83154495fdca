import { createHash } from "node:crypto";
import { OUTPUTS_VERSION, stackOutputsSchema } from "../../../lib/outputs";
import type { Properties } from "../recording";
import { declaredPaths, seenPaths } from "./paths";

/** What is promised of one value. */
export interface Promised {
  readonly type: string;
  readonly secret: boolean;
  readonly since: string;
  /** Variants of the program in which it is there; `always` for all that have its object. */
  readonly when: "always" | readonly string[];
}

/** What was promised: the outputs of today, and what each version changed. */
export interface Contract {
  readonly version: string;
  readonly outputs: Readonly<Record<string, Promised>>;
  readonly history: readonly {
    readonly version: string;
    /** Names of the outputs that it added, changed or took away. */
    readonly changed: readonly string[];
    /** Of `outputs` at that version, so that nobody edits them alone. */
    readonly sha256: string;
  }[];
}

/** What the schema and the program promise now. */
export interface Present {
  readonly version: string;
  readonly outputs: Readonly<Record<string, Promised>>;
}

/**
 * What the program promises now: types by the schema, presence and secrecy by what it really gives.
 *
 * @param recorded - outputs by variant
 */
export function present(recorded: ReadonlyMap<string, Properties>): Present {
  const seen = [...recorded].map(
    ([variant, outputs]) => [variant, seenPaths(stackOutputsSchema, outputs)] as const,
  );
  const missing = new Set(seen.flatMap(([, one]) => one.missing));
  const outputs = declaredPaths(stackOutputsSchema).map(({ path, type, since }) => {
    const variants = seen.filter(([, one]) => one.there.some((it) => it.path === path));
    const found = variants.flatMap(([, one]) => one.there.filter((it) => it.path === path));
    return [
      path,
      {
        type,
        secret: found.some((it) => it.secret),
        since,
        when: missing.has(path) ? variants.map(([variant]) => variant) : ("always" as const),
      },
    ] as const;
  });
  return { version: OUTPUTS_VERSION, outputs: Object.fromEntries(outputs) };
}

/** Differences of two promises, by path. */
interface Difference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

function difference(before: Contract, now: Present): Difference {
  const [old, all] = [Object.keys(before.outputs), Object.keys(now.outputs)];
  return {
    added: all.filter((path) => before.outputs[path] === undefined),
    removed: old.filter((path) => now.outputs[path] === undefined),
    changed: all.filter((path) => {
      const promised = before.outputs[path];
      return promised !== undefined && JSON.stringify(promised) !== JSON.stringify(now.outputs[path]);
    }),
  };
}

/** What is wrong, and what is to be written once nothing is. */
export interface Judgement {
  readonly faults: readonly string[];
  /** The contract of now; undefined where the committed one is it. */
  readonly next: Contract | undefined;
}

/**
 * Holds the outputs of now to the committed contract.
 *
 * @param changelog - text of CHANGELOG.md
 * @returns each fault with what to do
 */
export function judge(committed: Contract, now: Present, changelog: string): Judgement {
  const { added, removed, changed } = difference(committed, now);
  const paths = [...added, ...removed, ...changed];
  if (paths.length === 0) return { faults: kept(committed, now, changelog), next: undefined };
  const wanted = nextVersion(committed.version, removed.length + changed.length > 0);
  const names = [...new Set(paths.map(outputOf))].sort();
  const news = [
    ...added.map((path) => `+ ${path}: ${JSON.stringify(now.outputs[path])}`),
    ...removed.map((path) => `- ${path}`),
    ...changed.map(
      (path) =>
        `~ ${path}: ${JSON.stringify(committed.outputs[path])} → ${JSON.stringify(now.outputs[path])}`,
    ),
  ];
  const faults = [
    ...(now.version === wanted
      ? []
      : [`OUTPUTS_VERSION in lib/outputs.ts is ${now.version}: set it to "${wanted}".`]),
    ...added
      .filter((path) => now.outputs[path]?.since !== wanted)
      .map(
        (path) => `${path} says since ${now.outputs[path]?.since ?? ""}: set it by since("${wanted}", …).`,
      ),
    ...unnamed(changelog, wanted, names),
  ];
  const entry = { version: wanted, changed: names, sha256: fingerprint(now.outputs) };
  return {
    faults:
      faults.length === 0 ? [] : [`The outputs are others than promised:\n${news.join("\n")}`, ...faults],
    next: { version: wanted, outputs: now.outputs, history: [...committed.history, entry] },
  };
}

/** Faults of a contract that says what the program gives. */
function kept(committed: Contract, now: Present, changelog: string): string[] {
  const latest = committed.history.at(-1);
  return [
    ...(now.version === committed.version
      ? []
      : [`OUTPUTS_VERSION is ${now.version}, but nothing changed since ${committed.version}: set it back.`]),
    ...(latest?.version === committed.version && latest.sha256 === fingerprint(committed.outputs)
      ? []
      : ["lib/outputs.contract.json was edited by hand: take it back, and let the test write it."]),
    ...committed.history.flatMap(({ version, changed }) => unnamed(changelog, version, changed)),
  ];
}

/** The first version that tells of a change. */
function nextVersion(version: string, breaking: boolean): string {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return breaking ? `${major + 1}.0` : `${major}.${minor + 1}`;
}

/** Faults of a changelog in which no entry `Outputs <version>` names all of these outputs. */
function unnamed(changelog: string, version: string, names: readonly string[]): string[] {
  const entries = changelog.split(/\n(?=- |#|\n)/).filter((entry) => entry.includes(`Outputs ${version}:`));
  const missing = names.filter((name) => !entries.some((entry) => new RegExp(`\`${name}[\`.]`).test(entry)));
  return missing.length === 0
    ? []
    : [
        `CHANGELOG.md has no entry "- Outputs ${version}: …" that names ${missing.map((name) => `\`${name}\``).join(", ")}.`,
      ];
}

function outputOf(path: string): string {
  return path.split(/[.[]/)[0] ?? path;
}

function fingerprint(outputs: Contract["outputs"]): string {
  const sorted = Object.entries(outputs).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex");
}
