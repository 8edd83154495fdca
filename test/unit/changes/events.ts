import type { EngineEvent } from "@pulumi/pulumi/automation";

/** A value as the engine writes a secret into its events: what it wraps is gone. */
export const secretValue = {
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  ciphertext: "[secret]",
};

/** What is known only after `up`. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A URN of the stack `t`, with the types of the components above. */
export function urn(type: string, name: string, ...above: string[]): string {
  return `urn:pulumi:t::mlflow-platform::${[...above, type].join("$")}::${name}`;
}

const CONTAINER = "docker:index/container:Container";

/** What a test says of a step. */
export interface StepFacts {
  readonly op: string;
  readonly type?: string;
  readonly name?: string;
  readonly above?: readonly string[];
  readonly old?: object;
  readonly new?: object;
  readonly keys?: readonly string[];
  readonly diffs?: readonly string[];
  readonly detailedDiff?: Readonly<Record<string, { diffKind: string; inputDiff: boolean }>>;
}

function metadata({ type = CONTAINER, name = "nginx-container", above = [], ...facts }: StepFacts): object {
  return { urn: urn(type, name, ...above), type, keys: [], diffs: [], detailedDiff: null, ...facts };
}

/** A step that begins. */
export function step(facts: StepFacts): EngineEvent {
  return {
    sequence: 0,
    timestamp: 0,
    resourcePreEvent: { metadata: metadata(facts) },
  } as unknown as EngineEvent;
}

/** A step that has ended. */
export function ended(facts: StepFacts): EngineEvent {
  return {
    sequence: 0,
    timestamp: 0,
    resOutputsEvent: { metadata: metadata(facts) },
  } as unknown as EngineEvent;
}
