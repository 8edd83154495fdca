import { DISCOVERY_PATH, discoveryDocument } from "../discovery";
import type { Site } from "../endpoints";

/**
 * How requests of a site are read. It must hold for the default server of the port as well: until NGINX has read the
 * Host header, that one's settings count, and what it drops before then is lost.
 */
export const PARSING: Readonly<Record<Site, readonly string[]>> = {
  mlflow: [],
  auth: [],
  // Keys may hold two slashes in a row, and names of metadata underscores and dots.
  s3: ["merge_slashes off;", "ignore_invalid_headers off;"],
  console: [],
};

/**
 * Passes a request on, with headers that tell the service how it was called. The port is part of the host.
 * What a caller says of a proxy of its own is dropped: with `X-Forwarded-Prefix: /x` MLflow's login plugin would route
 * `/x/metrics` as `/metrics`, past every location here.
 */
function proxyTo(upstream: string): string {
  return `      proxy_pass http://${upstream};
      proxy_set_header Host $http_host;
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Port "";
      proxy_set_header X-Forwarded-Prefix "";
      proxy_set_header Forwarded "";
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $upstream_connection;`;
}

/**
 * Pages and routes of MLflow that answer without a login, or run tools on the server. Nothing outside needs them.
 */
const BLOCKED = "metrics|docs|redoc|openapi\\.json|platform|scim|slo|saml";

/**
 * Workspaces and their grants are ours alone: members hold MANAGE, without which they could not create
 * experiments, and MANAGE could also move or delete a workspace and grant it to others. Reading stays open. The
 * provider of this program uses a loopback port that does not pass here.
 */
const OURS = "workspaces|permissions/workspaces|workspace-rules";

/** Locations of the MLflow site. */
export function mlflowSite(urls: Readonly<Record<Site, string>>, realm: string): string {
  return `
    # How a client signs in, so that it needs the address of this site only.
    location = ${DISCOVERY_PATH} {
      default_type application/json;
      return 200 '${JSON.stringify(discoveryDocument(urls, realm))}';
    }
    location ~* ^/(${BLOCKED})(/|$) {
      return 404;
    }
    location ~* ^/(ajax-)?api/3\\.0/mlflow/assistant(/|$) {
      return 404;
    }
    location ~* ^/(ajax-)?api/[0-9.]+/mlflow/(${OURS})(/|$) {
      limit_except GET {
        deny all;
      }
${proxyTo("mlflow")}
    }
    # The plugin asks for offline_access to get a refresh token. An offline session would break single sign-on
    # with the console; without that scope Keycloak gives an ordinary refresh token, which serves as well.
    location ~ ^/login(/|$) {
      limit_req zone=login burst=40 nodelay;
${proxyTo("mlflow")}
      proxy_redirect "~^(${escapeForRegex(urls.auth)}/.*[?&]scope=[^&]*)(?:\\+|%20)offline_access(.*)$" "$1$2";
    }
    # MLflow always offers transfers by presigned address, and would sign them for the object store's name inside
    # the network. Told that there are none, clients send artifacts through MLflow.
    location ~ ^/(ajax-)?api/3\\.0/mlflow/server-info$ {
${proxyTo("mlflow")}
      proxy_set_header Accept-Encoding "";
      sub_filter_types application/json;
      sub_filter_once off;
      sub_filter '"multipart_downloads_enabled":true' '"multipart_downloads_enabled":false';
      sub_filter '"multipart_uploads_enabled":true' '"multipart_uploads_enabled":false';
    }
    location ~ ^/callback(/|$) {
      limit_req zone=login burst=40 nodelay;
${proxyTo("mlflow")}
    }
    location / {
${proxyTo("mlflow")}
    }`;
}

/** Locations of the Keycloak site: the realm's own pages, no administration, no other realm. */
export function authSite(realm: string): string {
  return `
    location = / {
      return 302 $scheme://$http_host/realms/${realm}/account/;
    }
    location /realms/${realm}/ {
${proxyTo("keycloak")}
    }
    location /resources/ {
${proxyTo("keycloak")}
    }
    location / {
      return 404;
    }`;
}

/** Locations of the S3 site. Keys may hold any bytes, so the path goes on as it came. */
export function s3Site(): string {
  return `    proxy_buffering off;
    gzip off;

    location = /minio/health/live {
${proxyTo("minio")}
    }
    # Removes all versions of everything below a prefix, and asks for no more than leave to delete one object.
    if ($http_x_minio_force_delete) {
      return 403;
    }
    # Administration and metrics stay inside.
    location ~* ^/+minio(/|$) {
      return 403;
    }
    location / {
${proxyTo("minio")}
    }`;
}

/** Locations of the object store's console; it talks over a WebSocket. */
export function consoleSite(): string {
  return `
    location / {
${proxyTo("console")}
    }`;
}

function escapeForRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
