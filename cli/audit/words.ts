import { table } from "../engine/table";
import type { AuditEvent } from "./event";

const HEAD = ["Time (UTC)", "Event", "Status", "User", "Team", "What", "From", "Source"] as const;
/** Columns of lines that come one by one, in characters. */
const WIDTHS = [19, 26, 7, 28, 14, 60, 15, 8] as const;

/** Events as a table, by time. */
export function eventTable(events: readonly AuditEvent[]): string {
  // Keycloak's events arrive some seconds after the others.
  const byTime = [...events].sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return table([...HEAD], byTime.map(cells));
}

/** The head of lines that come one by one. */
export function headLine(): string {
  return padded(HEAD);
}

/** One event as a line. */
export function eventLine(event: AuditEvent): string {
  return padded(cells(event));
}

function padded(row: readonly string[]): string {
  return row
    .map((cell, column) => cell.padEnd(WIDTHS[column] ?? 0))
    .join("  ")
    .trimEnd();
}

function cells(event: AuditEvent): string[] {
  return [
    event.time.slice(0, 19).replace("T", " "),
    event.event,
    event.status,
    event.actor ?? event.subject?.slice(0, 8) ?? "-",
    event.workspace ?? "-",
    what(event),
    event.ip ?? "-",
    event.source,
  ].map((cell) => harmless(cell).slice(0, 60));
}

/** What was done to what, and why not. */
function what({ target, client, detail }: AuditEvent): string {
  const text = (key: string): string | undefined => {
    const value = detail[key];
    return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
  };
  const count = text("count");
  const parts = [
    text("action") ?? text("operation") ?? text("grant"),
    target ?? undefined,
    client === null ? undefined : `by ${client}`,
    text("error") ?? text("reason"),
    count === undefined ? undefined : `${count} times`,
  ];
  return parts.filter((part) => part !== undefined).join(" ") || "-";
}

/** Names of objects are anybody's: no terminal may take one for a command. */
function harmless(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "�");
}
