import type { EngineEvent } from "@pulumi/pulumi/automation";

let sequence = 0;

/** One event of the engine, as `pulumi up --json` writes it; parts that nobody reads are left out. */
function event(part: object): EngineEvent {
  sequence += 1;
  return { sequence, timestamp: 0, ...part };
}

/** URN of a resource of the stack `t`. */
export function urn(name: string, type = "docker:index/container:Container"): string {
  return `urn:pulumi:t::trial::${type}::${name}`;
}

const metadata = (op: string, name: string, type?: string, diffs?: string[]): object => ({
  op,
  urn: urn(name, type),
  type: type ?? "docker:index/container:Container",
  ...(diffs === undefined ? {} : { diffs }),
});

/** A step begins. */
export function begins(op: string, name: string, type?: string, diffs?: string[]): EngineEvent {
  return event({ resourcePreEvent: { metadata: metadata(op, name, type, diffs) } });
}

/** A step has ended well. */
export function ends(op: string, name: string): EngineEvent {
  return event({ resOutputsEvent: { metadata: metadata(op, name) } });
}

/** A step has failed. */
export function fails(op: string, name: string): EngineEvent {
  return event({ resOpFailedEvent: { metadata: metadata(op, name), status: 1, steps: 1 } });
}

/** The engine or a provider says something. */
export function says(message: string, of?: string, severity = "error"): EngineEvent {
  return event({
    diagnosticEvent: {
      ...(of === undefined ? {} : { urn: of }),
      prefix: `${severity}: `,
      message,
      color: "never",
      severity,
    },
  });
}

/** The last word of an operation. */
export function sums(resourceChanges: Readonly<Record<string, number>>): EngineEvent {
  return event({ summaryEvent: { maybeCorrupt: false, durationSeconds: 3, resourceChanges } });
}

/** The policy has something against a resource. */
export function judges(rule: string, name: string, message: string, level = "mandatory"): EngineEvent {
  return event({
    policyEvent: {
      ...{ policyName: rule, resourceUrn: urn(name), message, enforcementLevel: level },
      ...{ color: "raw", policyPackName: "p", policyPackVersion: "1.0.0", policyPackVersionTag: "1.0.0" },
    },
  });
}
