import { cpSync, mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { checkout } from "../../cli/paths";

/** A checkout of its own with the same packages, to be broken. @returns its folder */
export function copyOfCheckout(): string {
  const copy = mkdtempSync(join(tmpdir(), "mlflow-platform-copy-"));
  cpSync(checkout, copy, {
    recursive: true,
    filter: (source) => ![".git", "node_modules", "bench-results"].includes(basename(source)),
  });
  symlinkSync(join(checkout, "node_modules"), join(copy, "node_modules"));
  return copy;
}
