import { stackOutputsSchema } from "../../../lib/outputs";
import type { Promised } from "./contract";
import { declaredPaths } from "./paths";

const BEGIN = "<!-- outputs: written by the test of the contract -->";
const END = "<!-- end of outputs -->";

/**
 * A page with its table of outputs as it should be.
 *
 * @throws Error when the page has no place for it
 */
export function withTable(page: string, outputs: Readonly<Record<string, Promised>>): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`the page has no ${BEGIN} … ${END}`);
  return `${before}${BEGIN}\n${outputsTable(outputs)}\n${END}${after}`;
}

function outputsTable(outputs: Readonly<Record<string, Promised>>): string {
  // An entry of a map or a list is described by the map.
  const described = declaredPaths(stackOutputsSchema).filter(({ description }) => description !== "");
  const rows = described.map(({ path, type, description }) => {
    const { secret = false, when = "always", since = "" } = outputs[path] ?? {};
    const there = when === "always" ? "" : ` Only with: ${when.join("; ")}.`;
    const kind = type.replaceAll("|", "or").replaceAll('"', "`");
    return [`\`${path}\``, secret ? `${kind}, secret` : kind, since, `${description}.${there}`];
  });
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    line(["output", "type", "since", "meaning"]),
    line(["---", "---", "---", "---"]),
    ...rows.map(line),
  ].join("\n");
}
