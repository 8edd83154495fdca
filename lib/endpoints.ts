import { isIP, isIPv6 } from "node:net";

/**
 * Where services are reached: by people (through NGINX), by each other (inside the network), and by the
 * providers (a loopback port of the service itself). All follow from the settings, none from a container,
 * so that providers can be configured at preview.
 */

/** Services that people reach through NGINX, in the order of their ports. */
export const SITES = ["mlflow", "auth", "s3", "console"] as const;
export type Site = (typeof SITES)[number];

/** Port that NGINX listens on inside its container, per site, where each site has a port of its own. */
export const SITE_LISTEN: Readonly<Record<Site, number>> = {
  mlflow: 8080,
  auth: 8081,
  s3: 8082,
  console: 8083,
};

/** Port of NGINX inside its container that redirects to https and answers challenges of a CA. */
export const HTTP_LISTEN = 8080;
/** Port of NGINX inside its container where all sites share one, told apart by name. */
export const HTTPS_LISTEN = 8443;

/** Services that a provider configures through a loopback port of their own. */
export const CONFIGURED = ["postgres", "keycloak", "minio", "mlflow"] as const;
export type Configured = (typeof CONFIGURED)[number];

/** Port of each service inside the network. */
export const INTERNAL_PORT = {
  postgres: 5432,
  keycloak: 8080,
  minio: 9000,
  console: 9090,
  mlflow: 5000,
} as const;

/** First loopback port for providers, counted from `portBase`. */
const PROVIDER_OFFSET = 10;

/** The settings that decide where everything is reached. */
export interface IngressSettings {
  readonly ingress: "http" | "self-signed" | "acme";
  readonly portBase: number;
  /** Name below which the sites are, or a bare address; in `http` mode the host itself. */
  readonly domain: string | undefined;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Addresses of the host that the sites' ports are published on. */
  readonly bindAddresses: readonly string[];
}

/** A port of NGINX that is published on the host. */
export interface PublishedPort {
  /** Port inside the container. */
  readonly internal: number;
  /** Port on the host. */
  readonly external: number;
  /** What it is for, such as `MLflow`. */
  readonly use: string;
}

/** How NGINX serves one site. */
export interface SiteEndpoint {
  /** What people open, no trailing slash. */
  readonly url: string;
  /** The host name in it. */
  readonly host: string;
  /** Port inside NGINX's container. */
  readonly listen: number;
}

export interface Endpoints {
  /** Whether people use https. */
  readonly secure: boolean;
  readonly sites: Readonly<Record<Site, SiteEndpoint>>;
  /** What people open, no trailing slash. */
  readonly urls: Readonly<Record<Site, string>>;
  /** Ports of NGINX on the host. */
  readonly published: readonly PublishedPort[];
  readonly bindAddresses: readonly string[];
  /** Loopback port of each service that a provider configures. */
  readonly providerPorts: Readonly<Record<Configured, number>>;
}

/** Where everything of a stack is reached. */
export function endpointsOf(settings: IngressSettings): Endpoints {
  const { portBase, bindAddresses } = settings;
  const sites = sitesOf(settings);
  return {
    secure: settings.ingress !== "http",
    sites,
    urls: bySite((site) => sites[site].url),
    published: publishedPorts(settings, sites),
    bindAddresses,
    providerPorts: {
      postgres: portBase + PROVIDER_OFFSET,
      keycloak: portBase + PROVIDER_OFFSET + 1,
      minio: portBase + PROVIDER_OFFSET + 2,
      mlflow: portBase + PROVIDER_OFFSET + 3,
    },
  };
}

/** Endpoints of the `http` ingress on the loopback address. */
export function httpEndpoints(portBase: number, domain?: string): Endpoints {
  return endpointsOf({
    ingress: "http",
    portBase,
    domain,
    httpPort: 80,
    httpsPort: 443,
    bindAddresses: ["127.0.0.1"],
  });
}

/** Whether a `domain` is a bare address, below which there can be no names. */
export function isAddress(domain: string): boolean {
  return isIP(domain) !== 0;
}

function sitesOf(settings: IngressSettings): Record<Site, SiteEndpoint> {
  // `localhost`, not 127.0.0.1: browsers keep Secure cookies for it over plain http.
  const { ingress, domain = "localhost", portBase, httpsPort } = settings;
  const at = (scheme: string, host: string, port: number, listen: number): SiteEndpoint => {
    const { origin, hostname } = new URL(`${scheme}://${isIPv6(host) ? `[${host}]` : host}:${port}`);
    return { url: origin, host: hostname, listen };
  };
  if (ingress === "http") {
    return bySite((site) => at("http", domain, portBase + SITES.indexOf(site), SITE_LISTEN[site]));
  }
  if (isAddress(domain)) {
    // No names below an address, so each site needs a port; the main one has the usual one.
    return bySite((site) =>
      site === "mlflow"
        ? at("https", domain, httpsPort, HTTPS_LISTEN)
        : at("https", domain, portBase + SITES.indexOf(site), SITE_LISTEN[site]),
    );
  }
  return bySite((site) => at("https", `${site}.${domain}`, httpsPort, HTTPS_LISTEN));
}

const TITLES: Readonly<Record<Site, string>> = {
  mlflow: "MLflow",
  auth: "sign-in",
  s3: "S3",
  console: "object store",
};

function publishedPorts(settings: IngressSettings, sites: Record<Site, SiteEndpoint>): PublishedPort[] {
  const own = SITES.map((site) => ({
    internal: sites[site].listen,
    external: portOf(sites[site].url),
    use: TITLES[site],
  }));
  if (settings.ingress === "http") return own;
  const redirect = { internal: HTTP_LISTEN, external: settings.httpPort, use: "redirect to https" };
  const shared = sites.mlflow.listen === sites.auth.listen;
  return shared
    ? [redirect, { internal: HTTPS_LISTEN, external: settings.httpsPort, use: "https" }]
    : [redirect, ...own];
}

function portOf(url: string): number {
  const { port, protocol } = new URL(url);
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}

function bySite<T>(value: (site: Site) => T): Record<Site, T> {
  return { mlflow: value("mlflow"), auth: value("auth"), s3: value("s3"), console: value("console") };
}
