import { parseDocument } from "yaml";
import { z } from "zod";
import { RULES } from "./rules";

/** An exception: one rule, one resource, one stack, until a day. */
export interface Waiver {
  readonly rule: string;
  readonly stack: string;
  /** Logical name of the resource, exactly. */
  readonly resource: string;
  readonly reason: string;
  /** Last day on which it holds, as `2027-05-31`, in UTC. */
  readonly until: string;
}

/** What stands in `waivers.yaml` against the form, all of it. */
export class WaiverError extends Error {
  public constructor(public readonly faults: readonly string[]) {
    super(
      `policy/waivers.yaml has ${faults.length === 1 ? "1 fault" : `${faults.length} faults`}:\n${faults.map((fault) => `  ${fault}`).join("\n")}`,
    );
    this.name = "WaiverError";
  }
}

/** Longest time from today for which something can be waived, in days: then somebody looks again. */
const LONGEST_DAYS = 366;

const DAY = 86_400_000;

const isDay = (day: string): boolean => {
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 10) === day;
};

const name = (what: string) =>
  z
    .string(`missing, or no text: ${what}`)
    .trim()
    .min(1, `empty: ${what}`)
    .refine((given) => !given.includes("*"), "a pattern: a waiver is for one only");

/** Days since a moment that stand between it and the end of a waiver. */
function schema(today: string) {
  const latest = new Date(Date.parse(`${today}T00:00:00Z`) + LONGEST_DAYS * DAY).toISOString().slice(0, 10);
  const waiver = z.strictObject({
    rule: name("the name of a rule").refine(
      (given) => RULES.some((rule) => rule.name === given),
      "there is no rule of that name; docs/policy.md lists them",
    ),
    stack: name("the name of a stack"),
    resource: name("the logical name of a resource, as the violation names it"),
    reason: z
      .string("missing, or no text: why, for whoever reviews it")
      .trim()
      .min(10, "too short: say why, for whoever reviews it"),
    until: z
      .string("missing, or no text: its last day, such as 2027-05-31")
      .regex(/^\d{4}-\d{2}-\d{2}$/, "not a day such as 2027-05-31")
      .refine((day) => !/^\d{4}-\d{2}-\d{2}$/.test(day) || isDay(day), "no day of the calendar")
      .refine((day) => !isDay(day) || day <= latest, `too far away: at most a year, until ${latest}`),
  });
  return z.array(waiver, "not a list of waivers").superRefine((waivers, context) => {
    waivers.forEach((waiver, index) => {
      const same = waivers.findIndex((other) => keyOf(other) === keyOf(waiver));
      if (same < index) context.addIssue({ code: "custom", path: [index], message: `the same as [${same}]` });
    });
  });
}

const keyOf = ({ rule, stack, resource }: Waiver): string => JSON.stringify([rule, stack, resource]);

/** The day of a moment, in UTC. */
export function dayOf(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}

/**
 * Reads the waivers.
 *
 * @param text - content of `waivers.yaml`
 * @param today - day such as `2027-05-31`
 * @throws WaiverError with every fault of the form; that one has ended is no such fault
 */
export function parseWaivers(text: string, today: string): readonly Waiver[] {
  // Dates stay the text that they are.
  const document = parseDocument(text, { schema: "core" });
  if (document.errors.length > 0) {
    throw new WaiverError(document.errors.map(({ message }) => `no valid YAML: ${message}`));
  }
  const parsed = schema(today).safeParse(document.toJS() ?? []);
  if (parsed.success) return parsed.data;
  throw new WaiverError(
    parsed.error.issues.map(({ path, message }) => {
      const where = path
        .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
        .join("");
      return where === "" ? message : `${where}: ${message}`;
    }),
  );
}
