import { createHash } from "node:crypto";
import { type SecretsProvider, type State, pendingOf, resourcesOf } from "../engine/recovery/state";

/** Marks of Pulumi's wire format, from its `sdk/nodejs/runtime/rpc.ts`. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/**
 * Reads a file that holds a state: what `pulumi stack export` writes, or a checkpoint as backends keep it and back it
 * up.
 *
 * @throws Error with what is wrong
 */
export function parseStateFile(text: string): State {
  const content: unknown = JSON.parse(text);
  if (!isRecord(content)) throw new Error("it is no JSON object");
  const checkpoint = isRecord(content["checkpoint"]) ? content["checkpoint"]["latest"] : undefined;
  const deployment = content["deployment"] ?? checkpoint;
  if (!isRecord(deployment)) throw new Error("it holds neither a deployment nor a checkpoint");
  if (typeof content["version"] !== "number") throw new Error("it names no version");
  const { resources = [] } = deployment;
  if (
    !Array.isArray(resources) ||
    !resources.every((one) => isRecord(one) && typeof one["urn"] === "string")
  ) {
    throw new Error("its resources have no URNs");
  }
  const { version, features } = content;
  return { version, ...(features === undefined ? {} : { features }), deployment };
}

/** Stack and project that a URN names. */
interface Owner {
  readonly stack: string;
  readonly project: string;
}

/** The stacks that the resources of a state belong to; one, in a state that is whole. */
export function ownersOf(state: State): Owner[] {
  const owners = new Map<string, Owner>();
  for (const { urn } of resourcesOf(state)) {
    const [, , stack = "", , project = ""] = urn.split(":");
    owners.set(`${project}/${stack}`, { stack, project });
  }
  return [...owners.values()];
}

/** How many secrets a state holds, and how many of them in clear, as `--show-secrets` writes them. */
export function secretsIn(value: unknown): { readonly total: number; readonly clear: number } {
  if (Array.isArray(value)) return value.map(secretsIn).reduce(sum, NONE);
  if (!isRecord(value)) return NONE;
  if (value[SIGNATURE] === SECRET) return { total: 1, clear: "ciphertext" in value ? 0 : 1 };
  return Object.values(value).map(secretsIn).reduce(sum, NONE);
}

const NONE = { total: 0, clear: 0 } as const;

function sum(a: { total: number; clear: number }, b: { total: number; clear: number }): typeof a {
  return { total: a.total + b.total, clear: a.clear + b.clear };
}

/** When a state was written, in milliseconds since 1970; undefined when it does not say. */
export function writtenAt(state: State): number | undefined {
  const time = Date.parse(state.deployment.manifest?.time ?? "");
  return Number.isNaN(time) ? undefined : time;
}

/** What keeps a state's secrets, in words: `a passphrase`, or the address of a key service. */
export function providerInWords(provider: SecretsProvider | undefined): string {
  if (provider === undefined) return "nothing yet: it holds no secrets";
  if (provider.type === "passphrase") return "a passphrase";
  return provider.state?.url ?? (provider.type === "service" ? "Pulumi Cloud" : provider.type);
}

/**
 * Fingerprint of what a state says, whatever encrypts it and wherever it is: two states with the same one describe the
 * same resources with the same values.
 *
 * @param state - with secrets in clear; the fingerprint tells nothing of them
 */
export function fingerprint(state: State): string {
  const content = { resources: resourcesOf(state), pending: pendingOf(state) };
  return createHash("sha256")
    .update(JSON.stringify(sorted(content)))
    .digest("hex");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, below]) => [key, sorted(below)]),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
