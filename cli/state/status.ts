import { kindOf, ownFiles, shown } from "../engine/backend";
import { type PassphraseOrigin, passphraseOf, passphraseText } from "../engine/passphrase";
import { pulumi } from "../engine/pulumi";
import { pendingOf, resourcesOf } from "../engine/recovery/state";
import type { Stack } from "../engine/stack";
import { keptByEngine, keptHere } from "./backup";
import { locksOf } from "./locks";
import { isDamaged, readable } from "./open";
import { opens } from "../engine/salt";
import { backendOf } from "./scratch";
import { providerInWords, secretsIn, writtenAt } from "./stateFile";
import { inWords } from "./unlock";

/** Where a state is and how it is; for programs, so names are an interface. */
export interface StateStatus {
  readonly stack: string;
  readonly backend: { readonly url: string; readonly kind: string; readonly chosenBy: string };
  /** Whether it can be read and opened, and nobody holds it. */
  readonly well: boolean;
  /** Why it cannot be read. */
  readonly damage: string | null;
  readonly resources: number | null;
  readonly bytes: number | null;
  /** ISO 8601. */
  readonly written: string | null;
  readonly secrets: {
    readonly keptBy: string;
    readonly passphraseFrom: string;
    /** null where no passphrase opens it. */
    readonly opens: boolean | null;
    readonly total: number | null;
  };
  readonly locks: readonly string[];
  readonly unfinished: readonly string[];
  /** Runs that the backend remembers; null when it does not say. */
  readonly runs: number | null;
  /** Copies that the engine keeps, and those that these commands have made. */
  readonly copies: Readonly<
    Record<"engine" | "commands", { readonly count: number; readonly newest: string | null } | null>
  >;
}

/**
 * Looks at a state, also at one that is damaged or locked. Changes nothing.
 *
 * @throws UserError when the backend does not answer
 */
export async function statusOf(stack: Stack): Promise<StateStatus> {
  const url = backendOf(stack);
  const source = passphraseOf(stack.name);
  const locks = await locksOf(stack);
  const state = await readable(stack);
  const ours = keptHere(stack);
  const engine = keptByEngine(stack);
  const copies = {
    engine: engine === undefined ? null : { count: engine.count, newest: engine.newest ?? null },
    commands: { count: ours.count, newest: ours.newest ?? null },
  };
  const common = {
    stack: stack.name,
    backend: { url: shown(url), kind: kindOf(url), chosenBy: chosenBy(url) },
    locks: locks.map(inWords),
    runs: await runs(stack),
    copies,
  };
  const passphraseFrom = ORIGINS[source.origin](source.file ?? "");
  if (isDamaged(state)) {
    const secrets = { keptBy: "unknown", passphraseFrom, opens: null, total: null };
    const unknown = { resources: null, bytes: null, written: null, unfinished: [] };
    return { ...common, ...unknown, well: false, damage: state.damage, secrets };
  }
  const provider = state.deployment.secrets_providers;
  const salt = provider?.type === "passphrase" ? (provider.state?.salt ?? "") : undefined;
  const opened = salt === undefined ? null : await opens(salt, passphraseText(source));
  const written = writtenAt(state);
  const unfinished = pendingOf(state).map(({ type, resource }) => `${type} ${resource.urn}`);
  return {
    ...common,
    well: opened !== false && locks.length === 0 && unfinished.length === 0,
    damage: null,
    resources: resourcesOf(state).length,
    bytes: Buffer.byteLength(JSON.stringify(state)),
    written: written === undefined ? null : new Date(written).toISOString(),
    secrets: {
      keptBy: providerInWords(provider),
      passphraseFrom,
      opens: opened,
      total: secretsIn(state.deployment).total,
    },
    unfinished,
  };
}

const ORIGINS: Readonly<Record<PassphraseOrigin, (file: string) => string>> = {
  variable: () =>
    process.env["PULUMI_CONFIG_PASSPHRASE"] === ""
      ? "PULUMI_CONFIG_PASSPHRASE, which is set and empty: an empty passphrase"
      : "PULUMI_CONFIG_PASSPHRASE",
  variableFile: (file) => `PULUMI_CONFIG_PASSPHRASE_FILE, ${file}`,
  stack: (file) => `the stack's own file ${file}`,
  clone: (file) => `this clone's file ${file}`,
};

function chosenBy(url: string): string {
  if (process.env["PULUMI_BACKEND_URL"]) return "PULUMI_BACKEND_URL";
  return url === ownFiles() ? "default" : "pulumi login";
}

async function runs(stack: Stack): Promise<number | null> {
  const { exitCode, stdout } = await pulumi(stack, ["stack", "history", "--json"]);
  if (exitCode !== 0) return null;
  return (JSON.parse(stdout) as readonly unknown[]).length;
}

/** The status as lines for people. */
export function statusLines(status: StateStatus): [string, string][] {
  const { backend, secrets, copies } = status;
  const kept = (what: (typeof copies)["engine"]): string =>
    what === null
      ? "this backend's own affair"
      : `${what.count}${what.newest === null ? "" : `, newest ${what.newest}`}`;
  return [
    ["Backend", `${backend.url} (${backend.kind}; ${backend.chosenBy})`],
    ...(status.damage === null
      ? ([
          [
            "State",
            `${status.resources} resources, ${Math.ceil((status.bytes ?? 0) / 1024)} KiB, written ${status.written ?? "at an unknown time"}`,
          ],
        ] satisfies [string, string][])
      : ([["State", `✗ ${status.damage}`]] satisfies [string, string][])),
    [
      "Secrets",
      `${secrets.total ?? "unknown"}, kept by ${secrets.keptBy}${secrets.opens === false ? " ✗ which the present one does not open" : ""}`,
    ],
    ["Passphrase from", secrets.passphraseFrom],
    ["Lock", status.locks.length === 0 ? "none" : status.locks.join("; ")],
    ["Unfinished", status.unfinished.length === 0 ? "nothing" : status.unfinished.join("; ")],
    ["Runs remembered", status.runs === null ? "unknown" : String(status.runs)],
    ["Copies by Pulumi", kept(copies.engine)],
    ["Copies by these commands", kept(copies.commands)],
  ];
}
