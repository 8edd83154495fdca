import { type Command, InvalidArgumentError, Option } from "commander";
import { type AuditEvent, parseEvent } from "../audit/event";
import { type Filter, matches, parseTime } from "../audit/filter";
import { newLines, storedLines } from "../audit/stream";
import { eventLine, eventTable, headLine } from "../audit/words";
import { engineAddress, engineClient } from "../bootstrap/engine";
import { readSettings } from "../engine/stack";
import { type StackOptions, stackOption } from "./options";

interface AuditFlags extends StackOptions, Filter {
  readonly json: boolean;
  readonly follow: boolean;
}

/** Lines of which a follower remembers that it has printed them, while it goes over from what is stored to what comes. */
const REMEMBERED = 20_000;

/** `audit`: who did what, from the stored stream. */
export function register(program: Command): void {
  program
    .command("audit")
    .description(
      "Show who did what: logins, refusals, tokens, grants, writes. Works while the stack is stopped, too.",
    )
    .addOption(stackOption())
    .addOption(
      new Option("--since <time>", "from when on: how long ago (90m, 24h, 7d), or ISO 8601 in UTC")
        .argParser(time)
        .default(time("24h"), "24h"),
    )
    .option("--until <time>", "up to when", time)
    .option("--user <name>", "username, service account, or subject (`sub`)")
    .option("--event <prefix>", "first parts of the event's name: login, token, write, grant, admin.user …")
    .addOption(
      new Option("--source <source>", "who told of it").choices([
        "keycloak",
        "mlflow",
        "minio",
        "warden",
        "audit",
      ]),
    )
    .option("--workspace <team>", "team")
    .option("--refused", "only what was refused", false)
    .option("--json", "the stored lines as they are, one JSON document each", false)
    .option("--follow", "go on with what comes, until Ctrl-C", false)
    .action(audit);
}

async function audit({ stack, json, follow, ...filter }: AuditFlags): Promise<void> {
  const engine = engineClient(engineAddress(readSettings(stack).dockerHost));
  const begun = new Date();
  const seen = new Set<string>();
  const events: AuditEvent[] = [];
  for await (const [line, event] of asked(storedLines(engine, stack, filter.since), filter)) {
    if (json) console.log(line);
    else events.push(event);
    if (follow) remember(seen, line);
  }
  if (!follow) {
    if (!json) console.log(events.length === 0 ? "Nothing of that kind is stored." : eventTable(events));
    return;
  }
  if (!json) for (const line of [headLine(), ...events.map(eventLine)]) console.log(line);
  const end = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => end.abort());
  try {
    for await (const [line, event] of asked(newLines(engine, stack, begun, end.signal), filter)) {
      if (seen.has(line)) continue;
      remember(seen, line);
      console.log(json ? line : eventLine(event));
    }
  } catch (error) {
    if (!end.signal.aborted) throw error;
  }
}

async function* asked(
  lines: AsyncIterable<string>,
  filter: Filter,
): AsyncGenerator<readonly [string, AuditEvent]> {
  for await (const line of lines) {
    const event = parseEvent(line);
    if (event !== undefined && matches(event, filter)) yield [line, event];
  }
}

function remember(seen: Set<string>, line: string): void {
  seen.add(line);
  if (seen.size <= REMEMBERED) return;
  const [oldest] = seen;
  if (oldest !== undefined) seen.delete(oldest);
}

function time(text: string): Date {
  const parsed = parseTime(text, Date.now());
  if (parsed === undefined) {
    throw new InvalidArgumentError(
      "say how long ago (90m, 24h, 7d), or a date such as 2026-01-31 or 2026-01-31T12:00:00Z",
    );
  }
  return parsed;
}
