import type { BootstrapReporter } from "./reporter";

/** Says what is waited for, on standard error: standard output is the command's own, to be piped. */
export const waitsReporter: BootstrapReporter = {
  step: (title, body) =>
    body({
      progress: (text) => process.stderr.write(`${title}: ${text}\n`),
      result: () => undefined,
      unneeded: () => undefined,
    }),
};
