import Table from "cli-table3";

/** Everything that the library would draw around cells. */
const BORDERS = [
  ...["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"],
  ...["left", "left-mid", "mid", "mid-mid", "right", "right-mid"],
];

/**
 * A table without lines, columns as wide as they need.
 *
 * @param head - titles of the columns
 * @param rows - cells, as many as titles
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const result = new Table({
    head: [...head],
    chars: Object.fromEntries([...BORDERS.map((part) => [part, ""] as const), ["middle", "  "] as const]),
    style: { head: ["bold"], border: [], "padding-left": 0, "padding-right": 0 },
  });
  result.push(...rows.map((row) => [...row]));
  return result.toString();
}
