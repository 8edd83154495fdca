import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import { describe, expect, it } from "vitest";
import { checkout } from "../../../cli/paths";
import { isolationTables } from "../../helpers/matrix/document";

const PAGE = join(checkout, "docs/isolation.md");

describe("docs/isolation.md", () => {
  it("shows what the isolation test expects", async () => {
    const tables = await format(isolationTables(), { parser: "markdown" });
    expect(readFileSync(PAGE, "utf8")).toContain(tables.trim());
  });
});
