/**
 * The parts of the engine's events that tell of changes, as `pulumi up --json` and `preview --json` write them
 * (`EngineEvent` of `@pulumi/pulumi/automation` has the same shape). Here by themselves, since `lib/` knows no Pulumi.
 */

/** A resource as it was, or will be. */
export interface ResourceState {
  readonly inputs?: Readonly<Record<string, unknown>> | null;
  readonly outputs?: Readonly<Record<string, unknown>> | null;
  /** The engine forgets the resource when it deletes it, and leaves what it stands for where it is. */
  readonly retainOnDelete?: boolean;
  readonly protect?: boolean;
}

/** One difference, by the path of the property. */
export interface PathDifference {
  /** `add`, `delete` or `update`, with `-replace` where it forces a replacement. */
  readonly diffKind: string;
  /** The old value is the old input, not what the provider had given back. */
  readonly inputDiff: boolean;
}

/** A step of the engine on one resource. */
export interface Step {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly old?: ResourceState | null | undefined;
  readonly new?: ResourceState | null | undefined;
  /** Properties of the top level that force a replacement. */
  readonly keys?: readonly string[] | null | undefined;
  /** Properties of the top level that differ. */
  readonly diffs?: readonly string[] | null | undefined;
  readonly detailedDiff?: Readonly<Record<string, PathDifference>> | null | undefined;
}

/** An event; exactly one of the parts is there. */
export interface ChangeEvent {
  readonly resourcePreEvent?: { readonly metadata: Step } | undefined;
  readonly resOutputsEvent?: { readonly metadata: Step } | undefined;
}

/** Under this key a value says that it is no plain object. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";
/** Stands for what is known only after it was made. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Whether a value is one that the engine keeps secret, in the envelope of its states and events. */
export function isSecretEnvelope(value: unknown): value is { readonly plaintext?: string } {
  return isObject(value) && value[SIGNATURE] === SECRET_SIGNATURE;
}

/** Whether a value is a file, an archive or a reference in the engine's envelope. */
export function isEnvelope(value: unknown): boolean {
  return isObject(value) && typeof value[SIGNATURE] === "string";
}

/** Whether a value is known only after `up`. */
export function isUnknown(value: unknown): boolean {
  return value === UNKNOWN;
}

/** Whether a value is an object with keys, not a list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
