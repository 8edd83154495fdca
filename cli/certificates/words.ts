import { daysLeft } from "../tls/certificate";
import type { Alarm } from "./alarms";
import type { JobReport } from "./jobReport";
import type { Observation } from "./observation";

/**
 * The certificates of a stack as `status` shows them, in lines.
 *
 * @param now - milliseconds since 1970
 */
export function certificateLines(seen: Observation, alarms: readonly Alarm[], now: number): string {
  const { published, job } = seen;
  const rows: [string, string][] = [["Certificate", seen.mode]];
  if (published === undefined) {
    rows.push(["", "none yet: NGINX serves a temporary one, which no client trusts"]);
  } else {
    rows.push(
      ["  issuer", published.issuer],
      ["  names", published.names.join(", ")],
      ["  valid", `until ${moment(published.notAfter)}, ${daysLeft(published.notAfter, now)} days left`],
      ["  published", published.serial],
    );
  }
  rows.push(["  served", servedInWords(seen)]);
  if (job !== undefined) rows.push(...renewalRows(job), ...addressRows(job));
  const width = Math.max(...rows.map(([label]) => label.length)) + 2;
  const lines = rows.map(([label, text]) => `${label.padEnd(width)}${text}`);
  for (const { problem, next } of alarms) {
    lines.push(`✗ ${problem}`);
    if (next !== undefined) lines.push(`  Next: ${next}`);
  }
  return lines.join("\n");
}

/** The same for programs. */
export function certificateReport(
  seen: Observation,
  alarms: readonly Alarm[],
  now: number,
): Record<string, unknown> {
  const { published, job } = seen;
  return {
    mode: seen.mode,
    issuer: published?.issuer ?? null,
    names: published?.names ?? [],
    notBefore: published?.notBefore ?? null,
    notAfter: published?.notAfter ?? null,
    daysLeft: published === undefined ? null : daysLeft(published.notAfter, now),
    publishedSerial: published?.serial ?? null,
    publishedAt: seen.publishedAt ?? null,
    served:
      seen.served?.map(({ certificate, ...where }) => ({ ...where, serial: certificate?.serial ?? null })) ??
      null,
    renewal: job?.renewal ?? null,
    address: job?.address ?? null,
    reportedAt: job?.updated ?? null,
    alarms: alarms.map(({ problem, next }) => ({ problem, next: next ?? null })),
  };
}

function servedInWords({ served, unseen, published }: Observation): string {
  if (served === undefined) return `not seen: ${unseen ?? ""}`;
  const serials = new Set(served.map(({ certificate }) => certificate?.serial ?? "none"));
  const [first = ""] = serials;
  if (serials.size === 1) return `${first === published?.serial ? "the same" : first}, on each host`;
  return served
    .map(({ host, port, certificate }) => `${certificate?.serial ?? "none"} (${host}:${port})`)
    .join(", ");
}

function renewalRows({ renewal }: JobReport): [string, string][] {
  const { lastAttempt, lastSuccess, lastError, failures, nextAttempt } = renewal;
  const rows: [string, string][] = [
    ["Renewal", lastAttempt === null ? "never tried" : `last tried ${moment(lastAttempt)}`],
    ["  succeeded", lastSuccess === null ? "never" : moment(lastSuccess)],
  ];
  if (lastError !== null) rows.push(["  failed", `${failures} in a row: ${lastError}`]);
  if (nextAttempt !== null) rows.push(["  next", moment(nextAttempt)]);
  return rows;
}

function addressRows({ address }: JobReport): [string, string][] {
  if (address === null) return [];
  const { domain, ipv4, ipv6, lastUpdate, lastError, failingSince } = address;
  const known = [ipv4, ipv6].filter((part) => part !== null).join(", ") || "none yet";
  const told = lastUpdate === null ? "" : `, told to DuckDNS ${moment(lastUpdate)}`;
  const rows: [string, string][] = [["Address", `${domain}: ${known}${told}`]];
  if (lastError !== null) {
    rows.push(["  failing", `${failingSince === null ? "" : `since ${moment(failingSince)}: `}${lastError}`]);
  }
  return rows;
}

/** A time as people read it: `2026-11-21 13:05 UTC`. */
function moment(iso: string): string {
  return `${new Date(iso).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
