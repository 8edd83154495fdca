import { z } from "zod";

const time = z.iso.datetime({ offset: true });

/**
 * What the certificate job says of itself, in status.json beside the certificates that it publishes. Keys that are
 * new to this version are passed over.
 */
const schema = z.object({
  version: z.literal(1),
  updated: time,
  /** The certificate that is published; none before the first one. */
  certificate: z
    .object({
      issuer: z.string(),
      names: z.array(z.string()),
      serial: z.string(),
      notBefore: time,
      notAfter: time,
    })
    .nullable(),
  renewal: z.object({
    lastAttempt: time.nullable(),
    lastSuccess: time.nullable(),
    lastError: z.string().nullable(),
    /** Failures in a row. */
    failures: z.number(),
    nextAttempt: time.nullable(),
  }),
  /** The domain's address at DuckDNS; none where DuckDNS is not used. */
  address: z
    .object({
      domain: z.string(),
      ipv4: z.string().nullable(),
      ipv6: z.string().nullable(),
      lastUpdate: time.nullable(),
      lastError: z.string().nullable(),
      failingSince: time.nullable(),
    })
    .nullable(),
  alarms: z.array(z.string()),
});

export type JobReport = z.output<typeof schema>;

/**
 * Reads the job's report.
 *
 * @param text - content of status.json
 * @throws Error naming what is not as it should be
 */
export function parseJobReport(text: string): JobReport {
  const result = schema.safeParse(JSON.parse(text));
  if (result.success) return result.data;
  throw new Error(result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
}
