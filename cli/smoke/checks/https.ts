import { causeOf, expectStatus, http } from "../http";
import type { Check } from "../check";
import type { SmokeContext } from "../context";
import { daysLeft, factsOf } from "../../tls/certificate";
import { handshake } from "../../tls/handshake";
import { isAddress } from "../../tls/hosts";

/** Two years in seconds, from where on browsers' lists take a site in. */
const HSTS_SECONDS = 63_072_000;

/** Who typed the address without https gets there, with path and query. */
export const httpRedirects: Check = {
  id: "redirect",
  title: "plain http leads to https on each host",
  needs: [],
  async run(context) {
    const { outputs, signal, reach } = context;
    const port = outputs.settings.httpPort;
    if (port === undefined) {
      throw new Error(
        "the output settings has no httpPort, so it is not known where plain http is; bring the stack up to date: npm run up",
      );
    }
    const sites = redirected(context);
    for (const url of sites) {
      const from = `http://${new URL(url).hostname}:${port}/some/path?x=1`;
      const answer = await http(from, { signal, reach });
      expectStatus(answer, `GET ${from}`, [301, 308]);
      const to = answer.headers.get("location") ?? "";
      if (to !== `${url}/some/path?x=1`) {
        throw new Error(`GET ${from} leads to ${to || "nowhere"}, not to ${url}/some/path?x=1`);
      }
    }
    return `${sites.length} of port ${port}`;
  },
};

/** Each host shows a certificate that is trusted, is its own, and has not ended. */
export const certificateValid: Check = {
  id: "certificate",
  title: "each host shows a valid certificate",
  needs: [],
  async run({ outputs, signal, reach }) {
    const seen = new Map<string, string>();
    for (const url of Object.values(outputs.urls)) {
      const { host, port } = serverOf(url);
      const certificate = await handshake({
        host,
        port,
        lookup: reach.lookup,
        trust: reach.secureContext,
        signal,
      }).catch((error: unknown) => {
        throw new Error(`TLS with ${host}, port ${port}: ${causeOf(error)}`, { cause: error });
      });
      const { serial, issuer, notAfter } = factsOf(certificate);
      seen.set(serial, `by ${issuer}, ${daysLeft(notAfter, Date.now())} days left`);
    }
    return [...seen.values()].join("; ");
  },
};

/** Browsers keep to https for two years. */
export const strictTransport: Check = {
  id: "hsts",
  title: "each host tells browsers to stay with https (HSTS, two years)",
  needs: ["certificate"],
  async run({ outputs, signal, reach }) {
    for (const url of Object.values(outputs.urls)) {
      const header =
        (await http(`${url}/`, { signal, reach })).headers.get("strict-transport-security") ?? "";
      const seconds = Number(/max-age=(\d+)/.exec(header)?.[1] ?? 0);
      if (seconds < HSTS_SECONDS) {
        throw new Error(
          `${url}/ answers with ${header === "" ? "no Strict-Transport-Security" : `"${header}"`}, not max-age=${HSTS_SECONDS} or more`,
        );
      }
    }
    return undefined;
  },
};

/** Somebody else's name on this address learns nothing, not even whose certificate lies here. */
export const unknownNameRefused: Check = {
  id: "unknown-name",
  title: "an unknown host name is refused at the handshake",
  needs: ["certificate"],
  async run({ outputs, signal, reach }) {
    const { host, port } = serverOf(outputs.urls.mlflow);
    // Below the domain, so that a certificate for *.domain would be valid for it.
    const unknown = isAddress(host) ? "smoke-unknown.invalid" : host.replace(/^[^.]+/, "smoke-unknown");
    const shown = await handshake({
      host,
      port,
      name: unknown,
      lookup: reach.lookup,
      signal,
    }).catch((error: unknown) => {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      // A fatal alert of the server: whatever else goes wrong is no refusal.
      if (/^ERR_SSL_.*(ALERT|UNRECOGNIZED_NAME)/.test(code)) return code;
      throw new Error(`TLS for ${unknown} at port ${port} ended otherwise: ${causeOf(error)}`, {
        cause: error,
      });
    });
    if (typeof shown !== "string") {
      throw new Error(
        `asked for ${unknown}, the server showed its certificate: ${factsOf(shown).names.join(", ")}`,
      );
    }
    return shown
      .replace(/^ERR_SSL_(TLSV1_)?(ALERT_)?/, "")
      .toLowerCase()
      .replaceAll("_", " ");
  },
};

/** No cookie of the sign-in would ever travel in clear. */
export const cookiesSecure: Check = {
  id: "cookies",
  title: "every cookie of the sign-in travels by https only",
  needs: ["browser"],
  async run({ facts }) {
    const cookies = await facts.take("member").page.context().cookies();
    const open = cookies.filter(({ secure }) => !secure).map(({ name, domain }) => `${name} of ${domain}`);
    if (cookies.length === 0) throw new Error("the browser holds no cookie, so it is signed in nowhere");
    if (open.length > 0) throw new Error(`without Secure: ${open.join(", ")}`);
    return `${cookies.length} cookies`;
  },
};

/** Addresses that plain http leads to. Where sites differ by port only, it leads to the main one. */
function redirected({ outputs }: SmokeContext): string[] {
  const { urls } = outputs;
  return isAddress(new URL(urls.mlflow).hostname) ? [urls.mlflow] : Object.values(urls);
}

function serverOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? 443 : Number(port) };
}
