import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where an operation is noted. */
export interface OperationFolder {
  readonly folder: string;
}

/** A Pulumi command under way. */
export interface Operation {
  /** Process group of the command and its plugins. */
  readonly group: number;
  /** Process that started it. */
  readonly owner: number;
  /** The command, such as `up`. */
  readonly command: string;
}

function file({ folder }: OperationFolder): string {
  return join(folder, "operation.json");
}

/** Notes that a command runs, so that a later run can end what a killed one left. */
export function noteOperation(stack: OperationFolder, group: number, command: string): void {
  const operation: Operation = { group, owner: process.pid, command };
  writeFileSync(file(stack), JSON.stringify(operation), { mode: 0o600 });
}

/** Takes the note back once the command has ended. */
export function forgetOperation(stack: OperationFolder): void {
  rmSync(file(stack), { force: true });
}

/** The operation that was noted and not taken back, if any. */
export function pendingOperation(stack: OperationFolder): Operation | undefined {
  if (!existsSync(file(stack))) return undefined;
  try {
    return JSON.parse(readFileSync(file(stack), "utf8")) as Operation;
  } catch {
    // Killed while writing: there is nothing to learn from it.
    return undefined;
  }
}
