import { type CertificateFacts, daysLeft, lifetimeLeft } from "../tls/certificate";
import type { Observation, Served } from "./observation";

/** Something that a person must look after. */
export interface Alarm {
  readonly problem: string;
  /** What to type next. */
  readonly next?: string;
}

/** NGINX takes a published pair over within two seconds; after this long something is wrong. */
export const TAKEOVER_MILLISECONDS = 60_000;
/** The job writes its report once a minute; after this long without one it is stuck or gone. */
export const SILENCE_MILLISECONDS = 5 * 60_000;
/** Part of its lifetime that a certificate of the stack's own CA should have left: `up` renews it earlier. */
export const LIFETIME_LEFT = 1 / 5;

/**
 * Everything about a stack's certificates that wants a person.
 *
 * @param now - milliseconds since 1970
 */
export function alarmsOf(seen: Observation, now: number): Alarm[] {
  return [
    ...(seen.job?.alarms ?? []).map((problem) => ({ problem })),
    ...seen.unreadable.map((problem) => ({ problem, next: logs(seen, "certbot") })),
    ...silenceAlarms(seen, now),
    ...servedAlarms(seen, now),
    ...endAlarms(seen, now),
  ];
}

/** What a job says that has stopped saying anything may be wrong by now. */
function silenceAlarms(seen: Observation, now: number): Alarm[] {
  if (seen.job === undefined || !isSilent(seen, now)) return [];
  const silence = duration(now - Date.parse(seen.job.updated));
  return [
    {
      problem: `the certificate job has reported nothing for ${silence}, so nothing is renewed`,
      next: logs(seen, "certbot"),
    },
  ];
}

function isSilent({ job }: Observation, now: number): boolean {
  return job === undefined || now - Date.parse(job.updated) > SILENCE_MILLISECONDS;
}

/** What is served, against what should be: one alarm for all hosts that have it in common. */
function servedAlarms(seen: Observation, now: number): Alarm[] {
  const hostsOf = new Map<string, Set<string>>();
  const alarms = new Map<string, Omit<Alarm, "problem">>();
  for (const site of seen.served ?? []) {
    const fault = servedFault(seen, site, now);
    if (fault === undefined) continue;
    const { text, ...alarm } = fault;
    hostsOf.set(text, (hostsOf.get(text) ?? new Set()).add(site.host));
    alarms.set(text, alarm);
  }
  return [...alarms].map(([text, alarm]) => ({
    problem: `${[...(hostsOf.get(text) ?? [])].join(", ")}: ${text}`,
    ...alarm,
  }));
}

function servedFault(
  seen: Observation,
  { port, certificate, covers, failure }: Served,
  now: number,
): (Omit<Alarm, "problem"> & { readonly text: string }) | undefined {
  const { published, publishedAt } = seen;
  if (certificate === undefined) {
    return { text: `no TLS handshake at port ${port}: ${failure ?? ""}`, next: logs(seen, "nginx") };
  }
  // Before the first certificate of a CA, NGINX serves a temporary one.
  if (published === undefined) return undefined;
  const age = publishedAt === undefined ? Infinity : now - Date.parse(publishedAt);
  if (certificate.serial !== published.serial && age > TAKEOVER_MILLISECONDS) {
    const since = Number.isFinite(age) ? ` for ${duration(age)}` : "";
    return {
      text: `certificate ${certificate.serial} is served, though ${published.serial} has been published${since}`,
      next: logs(seen, "nginx"),
    };
  }
  if (covers !== false) return undefined;
  return {
    text: `the certificate that is served is for ${certificate.names.join(", ") || "no name"}`,
    next: seen.mode === "acme" ? logs(seen, "certbot") : up(seen),
  };
}

/** Certificates that have ended, or will soon. */
function endAlarms(seen: Observation, now: number): Alarm[] {
  if (seen.published === undefined) return [];
  const shown = (seen.served ?? []).flatMap(({ certificate }) => certificate ?? []);
  const certificates = new Map<string, CertificateFacts>();
  for (const certificate of shown.length > 0 ? shown : [seen.published]) {
    certificates.set(certificate.serial, certificate);
  }
  return [...certificates.values()].flatMap((certificate) => {
    const next = seen.mode === "acme" ? logs(seen, "certbot") : up(seen);
    const end = certificate.notAfter.slice(0, 10);
    const left = lifetimeLeft(certificate, now);
    if (left <= 0) {
      // A job that is alive says it itself, and why.
      const told = certificate.serial === seen.published?.serial && !isSilent(seen, now);
      if (seen.mode === "acme" && told) return [];
      return [{ problem: `certificate ${certificate.serial} ended on ${end}: clients refuse it`, next }];
    }
    // A CA's certificate is renewed by the job, which has alarms of its own.
    if (seen.mode === "acme" || left >= LIFETIME_LEFT) return [];
    const days = daysLeft(certificate.notAfter, now);
    return [{ problem: `certificate ${certificate.serial} ends on ${end}, in ${days} days`, next }];
  });
}

function logs({ stack }: Observation, service: "nginx" | "certbot"): string {
  return `docker logs --tail 50 mlflow-platform-${stack}-${service}`;
}

function up({ stack }: Observation): string {
  return `npm run up -- --stack ${stack}`;
}

/** A time span in the unit that people would say. */
function duration(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`;
}
