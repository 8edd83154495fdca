import Table from "cli-table3";

/**
 * A table without lines, columns as wide as they need.
 *
 * @param head - titles of the columns
 * @param rows - cells, as many as titles
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const none = "";
  const result = new Table({
    head: [...head],
    chars: Object.fromEntries(
      ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"]
        .concat(["left", "left-mid", "mid", "mid-mid", "right", "right-mid"])
        .map((part) => [part, none])
        .concat([["middle", "  "]]),
    ),
    style: { head: ["bold"], border: [], "padding-left": 0, "padding-right": 0 },
  });
  result.push(...rows.map((row) => [...row]));
  return result.toString();
}
