/** Flags of every Pulumi command (3.256, `pulumi --help`) that are switches: the next word is none of theirs. */
const SWITCHES = new Set([
  "--disable-integrity-checking",
  "--emoji",
  "-e",
  "--fully-qualify-stack-names",
  "-Q",
  "--help",
  "-h",
  "--logflow",
  "--logtostderr",
  "--non-interactive",
  "--version",
]);

/**
 * Where a command line of the Pulumi CLI names its command, as its parser (cobra) looks for it: the first word that is
 * no flag and no value of one. Ahead of the command every flag takes the next word but the switches, also one that the
 * command itself would take for a switch.
 */
function commandAt(args: readonly string[]): number {
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? "";
    if (arg === "--") return -1;
    if (!arg.startsWith("-")) return at;
    const whole = arg.startsWith("--") ? !arg.includes("=") : arg.length === 2;
    if (whole && !SWITCHES.has(arg)) at += 1;
  }
  return -1;
}

/** Other names of commands, which the CLI takes as well. */
const ALIASES: Readonly<Record<string, string>> = { update: "up", pre: "preview" };

/** The command in a command line of the Pulumi CLI, by its usual name, wherever it stands; empty when there is none. */
export function commandOf(args: readonly string[]): string {
  const command = args[commandAt(args)] ?? "";
  return ALIASES[command] ?? command;
}

/**
 * A command line with more flags, right behind the command: what stands behind a `--` would be no flag.
 *
 * @param flags - such as `--policy-pack`, `policy`
 */
export function withFlags(args: readonly string[], flags: readonly string[]): string[] {
  const at = commandAt(args);
  return at < 0 ? [...args] : [...args.slice(0, at + 1), ...flags, ...args.slice(at + 1)];
}

/**
 * Takes the stack out of a command line, in each way in which it can be given: `--stack x`, `--stack=x`, `-s x`, `-s=x`,
 * `-sx`. The last one counts, as with the CLI.
 *
 * @returns the stack, undefined when none is named; and the command line without it
 */
export function takeStack(args: readonly string[]): {
  readonly stack: string | undefined;
  readonly rest: string[];
} {
  const rest: string[] = [];
  let stack: string | undefined;
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? "";
    if (arg === "--") return { stack, rest: [...rest, ...args.slice(at)] };
    const [, joined] = /^(?:--stack=|-s=?)(.+)$/.exec(arg) ?? [];
    if (arg === "--stack" || arg === "-s") {
      stack = args[at + 1] ?? stack;
      at += 1;
    } else if (joined !== undefined) {
      stack = joined;
    } else {
      rest.push(arg);
    }
  }
  return { stack, rest };
}
