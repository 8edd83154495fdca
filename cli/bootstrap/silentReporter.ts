import type { BootstrapReporter } from "./reporter";

/**
 * A reporter that keeps what was said, for tests and for verbs that must print nothing but their result.
 */
export interface SilentReporter extends BootstrapReporter {
  /** Everything that was said, oldest first: `title`, `title: progress`, `title → result`, `title (skipped: why)`. */
  readonly lines: readonly string[];
}

/** Makes a reporter that prints nothing. */
export function silentReporter(): SilentReporter {
  const lines: string[] = [];
  return {
    lines,
    step: (title, body) => {
      lines.push(title);
      return body({
        progress: (text, detail) => lines.push(`${title}: ${text}${detail ? `, ${detail}` : ""}`),
        result: (text) => lines.push(`${title} → ${text}`),
        unneeded: (why) => lines.push(`${title} (skipped: ${why})`),
      });
    },
  };
}
