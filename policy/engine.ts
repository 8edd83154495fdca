import type { PolicyResource, ResourceValidationArgs } from "@pulumi/policy";
import { Secret } from "@pulumi/policy";
import { type Resource, partsOf } from "./resource";
import { type Properties, UNKNOWN, fields } from "./values";

/**
 * Inputs as plain values. The library throws when a value is looked at that the engine does not know yet, so that one
 * unknown would end the judgement of all others.
 */
export function plain(value: Readonly<Record<string, unknown>>): Properties {
  return fields(copy(value));
}

function copy(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const source = value as Readonly<Record<string, unknown>>;
  const at = (key: string): unknown => {
    try {
      return copy(source[key]);
    } catch (error) {
      if (error instanceof Error && error.message.includes("can't be known during preview")) return UNKNOWN;
      throw error;
    }
  };
  // A proxy of a list is a list, whose keys are its places.
  return Array.isArray(value)
    ? Array.from({ length: value.length }, (_, index) => at(String(index)))
    : Object.fromEntries(Object.keys(source).map((key) => [key, at(key)]));
}

/** The library's word for what lies below its proxies, which open every secret. */
const TARGET = "__getSpecialProxyTarget";

/** Paths of the values that are marked as secret, in inputs as a remediation gets them. */
export function marks(props: Readonly<Record<string, unknown>>): readonly string[] {
  const found: string[] = [];
  const visit = (value: unknown, path: string): void => {
    const real = below(value);
    if (real instanceof Secret) found.push(path);
    else if (typeof real === "object" && real !== null) {
      for (const [key, inner] of Object.entries(real)) visit(inner, path === "" ? key : `${path}.${key}`);
    }
  };
  visit(props, "");
  return found;
}

/** A value without the library's proxies around it. */
function below(value: unknown): unknown {
  let real = value;
  for (;;) {
    const inner = isProxy(real) ? (real as Readonly<Record<string, unknown>>)[TARGET] : undefined;
    if (inner === undefined) return real;
    real = inner;
  }
}

function isProxy(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    (value as Readonly<Record<string, unknown>>)["__isSpecialProxy"] === true
  );
}

/** A resource of the engine as rules see it. */
export function engineResource(
  args: Pick<
    ResourceValidationArgs | PolicyResource,
    "type" | "name" | "urn" | "props" | "opts" | "provider"
  >,
  secrets: readonly string[],
): Resource {
  const { type, name, urn, props, opts, provider } = args;
  return {
    type,
    name,
    urn,
    chain: partsOf(urn).chain,
    props: plain(props),
    secrets,
    provider: provider?.name,
    protect: opts.protect,
    retainOnDelete: undefined,
  };
}
