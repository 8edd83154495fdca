/**
 * Where services are reached: by people (through NGINX), by each other (inside the network), and by the
 * providers (a loopback port of the service itself). All follow from the settings, none from a container,
 * so that providers can be configured at preview.
 */

/** Services that people reach through NGINX, in the order of their ports. */
export const SITES = ["mlflow", "auth", "s3", "console"] as const;
export type Site = (typeof SITES)[number];

/** Port that NGINX listens on inside its container, per site. */
export const SITE_LISTEN: Readonly<Record<Site, number>> = {
  mlflow: 8080,
  auth: 8081,
  s3: 8082,
  console: 8083,
};

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

export interface Endpoints {
  /** Published loopback port of each site. */
  readonly sitePorts: Readonly<Record<Site, number>>;
  /** What people open, no trailing slash. */
  readonly urls: Readonly<Record<Site, string>>;
  /** Loopback port of each service that a provider configures. */
  readonly providerPorts: Readonly<Record<Configured, number>>;
}

/**
 * Endpoints of the `http` ingress.
 *
 * @param portBase - first published port
 */
export function httpEndpoints(portBase: number): Endpoints {
  const sitePorts = { mlflow: portBase, auth: portBase + 1, s3: portBase + 2, console: portBase + 3 };
  return {
    sitePorts,
    // `localhost`, not 127.0.0.1: browsers keep Secure cookies for it over plain http.
    urls: {
      mlflow: `http://localhost:${sitePorts.mlflow}`,
      auth: `http://localhost:${sitePorts.auth}`,
      s3: `http://localhost:${sitePorts.s3}`,
      console: `http://localhost:${sitePorts.console}`,
    },
    providerPorts: {
      postgres: portBase + PROVIDER_OFFSET,
      keycloak: portBase + PROVIDER_OFFSET + 1,
      minio: portBase + PROVIDER_OFFSET + 2,
      mlflow: portBase + PROVIDER_OFFSET + 3,
    },
  };
}
