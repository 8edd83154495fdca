import { parseDocument } from "yaml";
import { z } from "zod";
import type { ResourceChange } from "../changes/change";

/** File of the confirmations, from the root of the repository. */
export const CONFIRMATIONS_FILE = "policy/confirmations.yaml";

const day = z.string().refine(isDay, "a day such as 2027-01-31 is needed");

function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return (
    /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
  );
}

const confirmationSchema = z.strictObject({
  /** Stack whose change it confirms. */
  stack: z.string().min(1),
  /** The engine's name of the resource. */
  resource: z.string().startsWith("urn:pulumi:", "the URN of the resource is needed, as the check prints it"),
  /** What happens to it. */
  op: z.enum(["delete", "replace"]),
  /** Why that is right, for whoever reviews it. */
  reason: z.string().trim().min(10, "say in a sentence why the loss is right"),
  /** Last day on which it counts, UTC. */
  until: day,
});

/** Somebody's word that data may go. */
export type Confirmation = z.output<typeof confirmationSchema>;

const fileSchema = z.strictObject({ confirmations: z.array(confirmationSchema).nullable().default([]) });

/** What a file of confirmations says. */
export interface ConfirmationsFile {
  readonly entries: readonly Confirmation[];
  /** What is wrong with it, all at once; nothing counts then. */
  readonly faults: readonly string[];
}

/** Reads the text of a file of confirmations. An empty one confirms nothing. */
export function parseConfirmations(text: string): ConfirmationsFile {
  // Days stay text: as dates they would be read in the time zone of the machine.
  const document = parseDocument(text, { schema: "core" });
  if (document.errors.length > 0) {
    return { entries: [], faults: document.errors.map(({ message }) => `no valid YAML: ${message}`) };
  }
  const { success, data, error } = fileSchema.safeParse(document.toJS() ?? {});
  if (success) return { entries: data.confirmations ?? [], faults: [] };
  return {
    entries: [],
    faults: error.issues.map(({ path, message }) => `${path.join(".") || "the file"}: ${message}`),
  };
}

/** Which confirmations of a file count for a change of the repository. */
export interface Confirmed {
  /** Those that the change itself adds. What was there before has confirmed something else. */
  readonly added: readonly Confirmation[];
  /** Faults that fail the check. */
  readonly faults: readonly string[];
}

/**
 * The confirmations that count: added by this change, and not over.
 *
 * @param now - text of the file in this change; undefined when there is none
 * @param before - text of the file where the change begins; undefined when there is none
 * @param today - such as `2027-01-31`, UTC
 */
export function confirmedBy(now: string | undefined, before: string | undefined, today: string): Confirmed {
  const { entries, faults } = parseConfirmations(now ?? "");
  const old = new Set(parseConfirmations(before ?? "").entries.map(identity));
  const added = entries.filter((entry) => !old.has(identity(entry)));
  const over = added.filter(({ until }) => until < today);
  return {
    added: added.filter((entry) => !over.includes(entry)),
    faults: [
      ...faults,
      ...over.map(
        ({ stack, resource, until }) =>
          `the confirmation of ${resource} in stack ${stack} ended on ${until}; give it a later day, or take it out`,
      ),
    ],
  };
}

/** A comment or another order of keys makes no new confirmation. */
function identity({ stack, resource, op, reason, until }: Confirmation): string {
  return JSON.stringify([stack, resource, op, reason, until]);
}

/** The entry that confirms a change, to be pasted into the file. */
export function entryFor(stack: string, { urn, op }: ResourceChange, until: string): string {
  return [
    `  - stack: ${JSON.stringify(stack)}`,
    `    resource: ${JSON.stringify(urn)}`,
    `    op: ${op}`,
    `    reason: "" # why this may be lost`,
    `    until: ${until}`,
  ].join("\n");
}
