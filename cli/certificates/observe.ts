import type Docker from "dockerode";
import type { Settings } from "../../config/settings";
import { endpointsOf, SITES } from "../../lib/endpoints";
import { objectName } from "../../lib/names";
import { engineAddress, engineClient, isLocal } from "../bootstrap/engine";
import { containerFile } from "../engine/containerFile";
import { messageOf } from "../errors";
import { type CertificateFacts, covers, factsOf, normalSerial, parseCertificate } from "../tls/certificate";
import { handshake } from "../tls/handshake";
import { reachable } from "../tls/hosts";
import { type JobReport, parseJobReport } from "./jobReport";
import type { Observation, Served } from "./observation";

/** Where NGINX's container holds the pair that the stack makes, and the job's report. */
const OWN_CHAIN = "/run/platform/secrets/fullchain.pem";
const JOB_REPORT = "/certificates/status.json";

/**
 * Looks at the certificates of a stack: what is served, by a handshake with each host, and what is published.
 *
 * @param nginxRuns - whether there is anything to make a handshake with
 * @returns undefined for a stack by plain http
 */
export async function observeCertificates(
  settings: Settings,
  nginxRuns: boolean,
): Promise<Observation | undefined> {
  const { stack, ingress: mode } = settings;
  if (mode === "http") return undefined;
  const address = engineAddress(settings.dockerHost);
  const engine = engineClient(address);
  const unseen = !nginxRuns
    ? "NGINX does not run"
    : isLocal(address)
      ? undefined
      : "the engine is on another machine";
  const [served, published] = await Promise.all([
    unseen === undefined ? serving(settings) : undefined,
    mode === "acme" ? publishedByJob(engine, stack) : publishedByStack(engine, stack),
  ]);
  return { stack, mode, served, ...(unseen === undefined ? {} : { unseen }), ...published };
}

/** A handshake with each site. */
function serving(settings: Settings): Promise<Served[]> {
  const { sites, bindAddresses } = endpointsOf(settings);
  const address = reachable(bindAddresses);
  return Promise.all(
    SITES.map(async (site) => {
      const url = new URL(sites[site].url);
      const host = url.hostname.replace(/^\[|\]$/g, "");
      const port = url.port === "" ? 443 : Number(url.port);
      const where = { url: url.origin, host, port };
      try {
        const certificate = await handshake({ host: address, port, name: host });
        return { ...where, certificate: factsOf(certificate), covers: covers(certificate, host) };
      } catch (error) {
        return { ...where, failure: messageOf(error) };
      }
    }),
  );
}

type Published = Pick<Observation, "published" | "publishedAt" | "job" | "unreadable">;

const NOTHING: Published = { published: undefined, publishedAt: undefined, job: undefined, unreadable: [] };

async function publishedByStack(engine: Docker, stack: string): Promise<Published> {
  const file = await containerFile(engine, objectName(stack, "nginx"), OWN_CHAIN);
  const certificate = file && parseCertificate(file.text);
  if (file === undefined || certificate === undefined) return NOTHING;
  // The engine may give files that it copied no time of their own.
  const publishedAt = file.modified !== undefined && file.modified.getTime() > 0 ? file.modified : undefined;
  return { ...NOTHING, published: factsOf(certificate), publishedAt: publishedAt?.toISOString() };
}

async function publishedByJob(engine: Docker, stack: string): Promise<Published> {
  const file = await containerFile(engine, objectName(stack, "nginx"), JOB_REPORT);
  if (file === undefined) return NOTHING;
  let job: JobReport;
  try {
    job = parseJobReport(file.text);
  } catch (error) {
    return {
      ...NOTHING,
      unreadable: [`the certificate job's report ${JOB_REPORT} cannot be read: ${messageOf(error)}`],
    };
  }
  const published: CertificateFacts | undefined =
    job.certificate === null
      ? undefined
      : { ...job.certificate, serial: normalSerial(job.certificate.serial) };
  return { ...NOTHING, job, published, publishedAt: job.renewal.lastSuccess ?? undefined };
}
