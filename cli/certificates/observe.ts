import type Docker from "dockerode";
import type { Settings } from "../../config/settings";
import { endpointsOf, SITES } from "../../lib/endpoints";
import { objectName } from "../../lib/names";
import { engineAddress, engineClient, isLocal } from "../bootstrap/engine";
import { containerFile } from "./containerFile";
import { messageOf } from "../errors";
import { covers, factsOf, parseCertificate } from "../tls/certificate";
import { handshake } from "../tls/handshake";
import { reachable } from "../tls/hosts";
import { parseJobReport } from "./jobReport";
import type { Observation, Served } from "./observation";

/** Chain of the pair that the stack makes, in NGINX's container. */
const OWN_CHAIN = "/run/platform/secrets/fullchain.pem";
/** Chain of the pair that the certificate job published last, and the job's report. */
const PUBLISHED_CHAIN = "/certificates/current/fullchain.pem";
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
  const nginx = objectName(stack, "nginx");
  const [served, published, report] = await Promise.all([
    unseen === undefined ? serving(settings) : undefined,
    publishedChain(engine, nginx, mode === "acme" ? PUBLISHED_CHAIN : OWN_CHAIN),
    mode === "acme" ? jobReport(engine, nginx) : NO_REPORT,
  ]);
  return { stack, mode, served, ...(unseen === undefined ? {} : { unseen }), ...published, ...report };
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

async function publishedChain(
  engine: Docker,
  container: string,
  path: string,
): Promise<Pick<Observation, "published" | "publishedAt">> {
  const file = await containerFile(engine, container, path);
  const certificate = file && parseCertificate(file.text);
  if (file === undefined || certificate === undefined)
    return { published: undefined, publishedAt: undefined };
  // A file without a time of its own has that of 1970.
  const written = file.modified !== undefined && file.modified.getTime() > 0 ? file.modified : undefined;
  return { published: factsOf(certificate), publishedAt: written?.toISOString() };
}

const NO_REPORT = { job: undefined, unreadable: [] };

async function jobReport(
  engine: Docker,
  container: string,
): Promise<Pick<Observation, "job" | "unreadable">> {
  const file = await containerFile(engine, container, JOB_REPORT);
  if (file === undefined) return NO_REPORT;
  try {
    return { job: parseJobReport(file.text), unreadable: [] };
  } catch (error) {
    const problem = `the certificate job's report ${JOB_REPORT} cannot be read: ${messageOf(error)}`;
    return { job: undefined, unreadable: [problem] };
  }
}
