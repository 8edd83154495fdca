/**
 * Exit codes of the CLI: 1 failed, 2 usage or configuration error, 3 preflight failed (0 is success and never an error).
 */
export type ExitCode = 1 | 2 | 3;

/**
 * An error that a person is meant to read. The CLI prints it without a stack trace and exits with its code.
 */
export class UserError extends Error {
  /**
   * @param message - cause and consequence, in plain words
   * @param next - the next command to type, or the fix
   * @param exitCode - what the CLI exits with; default 1
   */
  constructor(
    message: string,
    readonly next: string,
    readonly exitCode: ExitCode = 1,
  ) {
    super(message);
    this.name = "UserError";
  }
}

/** What the CLI exits with when a person ended it at a question, as shells count a Ctrl-C. */
export const INTERRUPTED = 130;

/** Whether an error means that the person has pressed Ctrl-C, or Ctrl-D, at a question. */
export function isInterruption(error: unknown): boolean {
  return error instanceof Error && ["AbortError", "ExitPromptError"].includes(error.name);
}

/**
 * Text of anything that was thrown.
 * @param thrown - what a catch clause got
 */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
