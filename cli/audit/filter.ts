import { SERVICE_ACCOUNT_PREFIX } from "../../config/schema";
import type { AuditEvent } from "./event";

/** Which events are asked for. What is absent lets everything through. */
export interface Filter {
  readonly since: Date;
  readonly until?: Date | undefined;
  /** Username, subject, or client id of a service account. */
  readonly user?: string | undefined;
  /** First parts of the name: `login` takes `login.refused` too. */
  readonly event?: string | undefined;
  readonly source?: string | undefined;
  /** Team. */
  readonly workspace?: string | undefined;
  /** Only what was refused. */
  readonly refused: boolean;
}

/** Whether an event is asked for. */
export function matches(event: AuditEvent, filter: Filter): boolean {
  const time = Date.parse(event.time);
  const { since, until, user, source, workspace } = filter;
  return (
    time >= since.getTime() &&
    (until === undefined || time < until.getTime()) &&
    (user === undefined || isOf(event, user)) &&
    (filter.event === undefined ||
      event.event === filter.event ||
      event.event.startsWith(`${filter.event}.`)) &&
    (source === undefined || event.source === source) &&
    (workspace === undefined || event.workspace === workspace) &&
    (!filter.refused || event.status === "refused")
  );
}

function isOf({ actor, subject }: AuditEvent, user: string): boolean {
  return actor === user || subject === user || actor === `${SERVICE_ACCOUNT_PREFIX}${user}`;
}

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * A point in time: ISO 8601, or how long ago, such as `90m`, `24h`, `7d`.
 *
 * @param now - milliseconds since 1970
 * @returns undefined for what is neither
 */
export function parseTime(text: string, now: number): Date | undefined {
  const [, count, unit = ""] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  if (count !== undefined) return new Date(now - Number(count) * (UNITS[unit] ?? 0));
  // A date, with or without a time and a zone; without zone it is UTC, as in the stream.
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.test(text)) return undefined;
  const date = new Date(/T.*(Z|[+-]\d\d:\d\d)$/.test(text) || !text.includes("T") ? text : `${text}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
