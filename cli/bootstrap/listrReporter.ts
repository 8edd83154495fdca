import { Listr, PRESET_TIMER } from "listr2";
import type { BootstrapReporter, StepTask } from "./reporter";

/** In a terminal the elapsed time is refreshed every second. */
const TERMINAL_TICK_MS = 1_000;
/** In a log a line is added after this long without one: nobody should wonder whether it hangs. */
const LOG_TICK_MS = 14_000;

/**
 * Elapsed time for people: `8 s`, `2 min 05 s`.
 * @param ms - milliseconds
 */
export function elapsed(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

/** How the reporter shows steps. */
export interface ListrReporterOptions {
  /** Redraw lines in place (a terminal) or only add lines (a log). Default: whether stdout is a terminal. */
  terminal?: boolean;
  /** Milliseconds between two signs of life. Default 1 s in a terminal, 14 s in a log. */
  tickMs?: number;
}

/**
 * The reporter of the CLI. Every step is a listr2 list of one task, so that steps can depend on what the ones
 * before found; on the screen they join to one list.
 */
export function listrReporter(options: ListrReporterOptions = {}): BootstrapReporter {
  const terminal = options.terminal ?? process.stdout.isTTY;
  const tickMs = options.tickMs ?? (terminal ? TERMINAL_TICK_MS : LOG_TICK_MS);
  return {
    async step<T>(title: string, body: (task: StepTask) => Promise<T>): Promise<T> {
      let value: { is: T } | undefined;
      const list = new Listr(
        [
          {
            title,
            task: async (_context, task) => {
              const started = Date.now();
              let doing = "";
              let detail = "";
              const show = (): void => {
                task.output = `${doing || "working"}${detail && `, ${detail}`} (${elapsed(Date.now() - started)})`;
              };
              const ticker = setInterval(show, tickMs);
              try {
                value = {
                  is: await body({
                    progress: (text, more = "") => {
                      const same = text === doing;
                      [doing, detail] = [text, more];
                      if (!same) show();
                    },
                    result: (text) => {
                      task.title = `${title} — ${text}`;
                    },
                    unneeded: (why) => {
                      // listr2's word for a step with nothing to do; no check is left out. In a terminal the
                      // message takes the place of the title, in a log it follows it.
                      task.skip(terminal ? `${title} — ${why}` : why);
                    },
                  }),
                };
              } finally {
                clearInterval(ticker);
              }
            },
          },
        ],
        {
          renderer: terminal ? "default" : "simple",
          // The CLI ends its children itself; listr2 would exit at once.
          registerSignalListeners: false,
          rendererOptions: {
            // The CLI prints the error once, at the end, with the next command.
            showErrorMessage: false,
            collapseSkips: true,
            suffixSkips: false,
            timer: PRESET_TIMER,
          },
        },
      );
      await list.run();
      if (!value) throw new Error(`step "${title}" ended without a value`);
      return value.is;
    },
  };
}
