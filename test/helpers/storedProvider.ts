import { runInThisContext } from "node:vm";
import type * as pulumi from "@pulumi/pulumi";

/** A dynamic provider with all of its functions. */
export type StoredProvider<Props> = Required<pulumi.dynamic.ResourceProvider<Props, Props>>;

/**
 * A provider as the engine runs it: from the code that is stored with the resource, without this program.
 *
 * @param code - input `__provider` of the resource
 */
export function revived<Props>(code: unknown): StoredProvider<Props> {
  const module: { exports: { handler?: () => StoredProvider<Props> } } = { exports: {} };
  const load = runInThisContext(`(function (exports) {${String(code)}\n})`) as (exports: object) => void;
  load(module.exports);
  if (module.exports.handler === undefined) throw new Error("the stored code has no handler");
  return module.exports.handler();
}
