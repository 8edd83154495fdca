import { type Endpoints, HTTPS_LISTEN, HTTP_LISTEN, SITES, type Site, isAddress } from "../endpoints";
import { BASE } from "./base";
import { headerDefaults, plainHeaders, siteHeaders } from "./headers";
import { PARSING, authSite, consoleSite, mlflowSite, s3Site } from "./sites";
import { TLS_PROFILE, certificate, certificateMaps } from "./tls";

/** What the configuration depends on. */
export interface NginxSettings {
  /** Where each site is reached; their host names are the only ones answered. */
  readonly endpoints: Endpoints;
  /** Name of the realm whose pages are shown; no other realm is reachable. */
  readonly realm: string;
  /** Folder, in the container, of answers to a CA's challenges by http. @default none are given */
  readonly challenges?: string | undefined;
}

/**
 * The whole nginx.conf.
 * The `upstream` blocks are written by the image's entry point into /tmp/upstreams.conf, because addresses of
 * containers change and this NGINX cannot look names up again by itself.
 */
export function nginxConfig(settings: NginxSettings): string {
  const { endpoints } = settings;
  const { secure, sites } = endpoints;
  const address = secure && isAddress(bare(sites.mlflow.host)) ? sites.mlflow.host : undefined;
  const servers = secure ? httpsServers(settings, address) : httpServers(settings);
  return `${BASE}
${headerDefaults()}
${secure ? `${TLS_PROFILE}\n${certificateMaps(address)}\n` : ""}
${servers.join("\n")}
}
`;
}

function locations({ endpoints, realm }: NginxSettings, site: Site): string {
  switch (site) {
    case "mlflow":
      return mlflowSite(endpoints.urls, realm);
    case "auth":
      return authSite(realm);
    case "s3":
      return s3Site();
    case "console":
      return consoleSite();
  }
}

/** A port per site. */
function httpServers(settings: NginxSettings): string[] {
  return SITES.map((site) => {
    const { url, host, listen } = settings.endpoints.sites[site];
    const parsing = parsingOf(site);
    return `  # ${site}: unknown host names are closed without an answer.
  server {
    listen ${listen} default_server;
    server_name _;${parsing}
${plainHeaders()}
    return 444;
  }${
    // People also type the address; sign-in works for one name only.
    host === "localhost" ? `\n${redirect(listen, "127.0.0.1", url, parsing)}` : ""
  }
  server {
    listen ${listen};
    server_name ${host};${parsing}
${siteHeaders(site, false)}
${locations(settings, site)}
  }`;
  });
}

/** All sites on one port, told apart by name; or, below a bare address, a port per site. */
function httpsServers(settings: NginxSettings, address: string | undefined): string[] {
  const { sites } = settings.endpoints;
  const own = SITES.map((site) => {
    const { host, listen } = sites[site];
    const parsing = parsingOf(site);
    const unknown =
      address === undefined
        ? ""
        : `  server {
    listen ${listen} ssl default_server;
    server_name _;${parsing}
${certificate(address)}
    return 444;
  }
`;
    return `${unknown}  # ${site}
  server {
    listen ${listen} ssl;
    server_name ${host};${parsing}
${certificate(address)}
${siteHeaders(site, true)}
${locations(settings, site)}
  }`;
  });
  // The default server of a port decides how a request is read before its host is known.
  const refuse = `  # Unknown names: no handshake, no answer.
  server {
    listen ${HTTPS_LISTEN} ssl default_server;
    server_name _;${parsingOf("s3")}
    ssl_reject_handshake on;
    return 444;
  }`;
  return [...plainServers(settings, address), ...(address === undefined ? [refuse] : []), ...own];
}

/** Port 80: challenges of a CA, and the way to https. */
function plainServers({ endpoints, challenges }: NginxSettings, address: string | undefined): string[] {
  const { sites } = endpoints;
  // Sites of a bare address share its name; the first one is the main one.
  const named = SITES.filter(
    (site) => SITES.find((other) => sites[other].host === sites[site].host) === site,
  );
  const challenge =
    challenges === undefined
      ? ""
      : `
    location /.well-known/acme-challenge/ {
      root ${challenges};
      default_type text/plain;
    }`;
  return [
    `  server {
    listen ${HTTP_LISTEN} default_server;
    server_name _;
${plainHeaders()}
    return 444;
  }`,
    ...named.map((site) => redirect(HTTP_LISTEN, sites[site].host, sites[site].url, challenge)),
    // People also type the domain itself.
    ...(address === undefined
      ? [redirect(HTTP_LISTEN, sites.mlflow.host.replace(/^mlflow\./, ""), sites.mlflow.url, challenge)]
      : []),
  ];
}

function redirect(listen: number, host: string, url: string, extra: string): string {
  return `  server {
    listen ${listen};
    server_name ${host};${extra}
${plainHeaders()}
    location / {
      return 308 ${url}$request_uri;
    }
  }`;
}

function parsingOf(site: Site): string {
  return PARSING[site].map((directive) => `\n    ${directive}`).join("");
}

/** A host name without the brackets of an IPv6 address. */
function bare(host: string): string {
  return host.replace(/^\[|\]$/g, "");
}
