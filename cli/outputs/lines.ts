import type { z } from "zod";
import { SECRET_OUTPUTS, stackOutputsSchema } from "../../lib/outputs";

/** A line of the table: what it is about, and what it says. */
type Line = readonly [name: string, text: string];

/**
 * The outputs as lines of a table: each output with its meaning, below it what it holds.
 *
 * @param outputs - some or all outputs; secret ones that are not among them are named all the same
 */
export function outputLines(outputs: Readonly<Record<string, unknown>>): Line[] {
  const hidden = SECRET_OUTPUTS.filter((name) => !(name in outputs));
  return [
    ...Object.entries(outputs).flatMap(([name, value]) =>
      isGroup(value)
        ? [[name, meaningOf(name)] as const, ...below(value, "  ")]
        : [[name, textOf(value)] as const],
    ),
    ...hidden.map((name) => [name, "secret; --show-secrets shows it"] as const),
  ];
}

function below(group: Readonly<Record<string, unknown>>, indent: string): Line[] {
  return Object.entries(group).flatMap(([name, value]) =>
    isGroup(value)
      ? [[`${indent}${name}`, ""] as const, ...below(value, `${indent}  `)]
      : [[`${indent}${name}`, textOf(value)] as const],
  );
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function meaningOf(name: string): string {
  const shape: Readonly<Record<string, z.ZodType>> = stackOutputsSchema.shape;
  return shape[name]?.description ?? "";
}

/** A value in one line; of several lines, such as those of a certificate, the first. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(", ");
  if (isGroup(value)) return Object.values(value).map(textOf).join(" ");
  const lines = String(value).trimEnd().split("\n");
  return lines.length === 1 ? String(value) : `${lines[0] ?? ""} … (${lines.length} lines; --json shows all)`;
}
