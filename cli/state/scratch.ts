import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Stack } from "../engine/stack";

/** Address of the backend that a stack was opened in. */
export function backendOf(stack: Stack): string {
  return stack.env["PULUMI_BACKEND_URL"] ?? "";
}

/**
 * Runs something in a temporary folder where the Pulumi CLI finds a project, and may write a stack file without
 * touching those that count. What it writes there is a salt, no secret.
 */
export async function inScratch<T>(stack: Stack, body: (cwd: string) => Promise<T>): Promise<T> {
  const cwd = mkdtempSync(join(tmpdir(), "mlflow-platform-state-"));
  layProject(stack, cwd);
  try {
    return await body(cwd);
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

/** Lays a project without a program into a folder. */
export function layProject(stack: Stack, cwd: string): void {
  mkdirSync(cwd, { recursive: true, mode: 0o700 });
  writeFileSync(join(cwd, "Pulumi.yaml"), readFileSync(join(stack.folder, "Pulumi.yaml")), { mode: 0o600 });
}
