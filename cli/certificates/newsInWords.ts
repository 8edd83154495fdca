import { daysLeft } from "../tls/certificate";
import { hostsLine } from "../tls/hosts";
import { type HttpsNews, lostNames } from "./news";

/** Column at which the closing text of `up` puts what it says. */
const INDENT = 19;

/** What MLflow, requests, boto3 and Python itself read the file of a CA from. */
const VARIABLES = [
  "MLFLOW_TRACKING_SERVER_CERT_PATH",
  "REQUESTS_CA_BUNDLE",
  "AWS_CA_BUNDLE",
  "SSL_CERT_FILE",
];

/**
 * What `up` says of https: whose certificate it is, how clients trust it, and where the names lead.
 *
 * @param mlflow - public address of MLflow, for examples
 * @param status - the command that shows how certificates are
 * @param now - milliseconds since 1970
 */
export function httpsInWords(news: HttpsNews, mlflow: string, status: string, now: number): string {
  return [...certificate(news, mlflow, status, now), ...names(news)].join("\n");
}

function certificate(news: HttpsNews, mlflow: string, status: string, now: number): string[] {
  const { caFile, observation } = news;
  if (caFile !== undefined) {
    return [
      row("Certificate", "by this stack's own CA. Browsers and programs have to be told to trust this file:"),
      row("", caFile),
      row("  browser", "import it as an authority for web sites (docs/https.md)"),
      row("  curl", `curl --cacert ${caFile} ${mlflow}/`),
      row("  Python", `for name in ${VARIABLES.join(" ")}; do`),
      row("", `  export $name=${caFile}; done`),
    ];
  }
  const { published, job } = observation;
  if (published !== undefined) {
    return [row("Certificate", `by ${published.issuer}, ${daysLeft(published.notAfter, now)} days left`)];
  }
  const failure = job?.renewal.lastError ?? undefined;
  return [
    row("Certificate", `not there yet: the job is asking ${news.server ?? "the CA"} for it.`),
    ...(failure === undefined ? [] : [row("", `Its last try failed: ${failure}`)]),
    row("", `Until then NGINX shows a temporary one, which nobody trusts. Watch it come: ${status}`),
  ];
}

function names(news: HttpsNews): string[] {
  const { open, reachedAt, httpPort, httpsPort } = news;
  const { unknown, elsewhere } = lostNames(news);
  const lines: string[] = [];
  if (unknown.length > 0) {
    lines.push(row("Names", `this machine does not know ${listed(unknown)}.`));
  }
  if (elsewhere.length > 0) {
    const addresses = [...new Set(elsewhere.flatMap((item) => item.addresses))].join(", ");
    lines.push(
      row(
        lines.length === 0 ? "Names" : "",
        `${listed(elsewhere)} lead to ${addresses}, which is elsewhere.`,
      ),
      row(
        "",
        `That is right where a router forwards its ports ${httpPort} and ${httpsPort} to this machine.`,
      ),
    );
  }
  const lost = [...unknown, ...elsewhere].map(({ name }) => name);
  if (lost.length > 0) {
    lines.push(
      row("", "To reach them from this machine, put this line into /etc/hosts:"),
      row("", `  ${hostsLine(reachedAt, lost)}`),
      row(
        "",
        open.length === 0
          ? "Other machines cannot reach it: it is published on the loopback address only (bindAddresses)."
          : `For everybody: DNS records of these names, to an address that leads here, such as ${open[0] ?? ""}.`,
      ),
    );
  }
  return lines;
}

function listed(items: HttpsNews["names"]): string {
  return items.map(({ name }) => name).join(", ");
}

function row(label: string, text: string): string {
  return `  ${label}`.padEnd(INDENT) + text;
}
