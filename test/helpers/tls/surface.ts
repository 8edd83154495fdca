import type { Site } from "../../../lib/endpoints";
import type { Answer } from "./ask";

/** Headers that each answer of each site bears once, whatever its status. */
const REQUIRED: Readonly<Record<string, RegExp>> = {
  "strict-transport-security": /^max-age=63072000$/,
  "x-content-type-options": /^nosniff$/,
  "x-frame-options": /^(DENY|SAMEORIGIN)$/,
  "referrer-policy": /^strict-origin-when-cross-origin$/,
  "permissions-policy": /camera=\(\)/,
  "content-security-policy": /frame-ancestors/,
};

/** What is wrong with the headers of an answer. @param insecure - whether it came by plain http */
export function headerFaults(answer: Answer, insecure = false): string[] {
  const faults = Object.entries(REQUIRED).flatMap(([name, pattern]) => {
    if (insecure && name === "strict-transport-security") return [];
    const value = answer.headers[name];
    // Node joins a header that comes twice by a comma.
    if (typeof value !== "string") return [`${name} is missing`];
    return pattern.test(value) ? [] : [`${name}: ${value}`];
  });
  const { server = "" } = answer.headers;
  if (server !== "nginx") faults.push(`server: ${String(server)}`);
  for (const cookie of answer.headers["set-cookie"] ?? []) {
    if (!/;\s*secure/i.test(cookie)) faults.push(`not Secure: ${cookie.replace(/=[^;]*/, "=…")}`);
  }
  return faults;
}

/** A request, and the status that it gets. */
export interface Probe {
  readonly site: Site;
  readonly path: string;
  readonly status: number;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Longer than any header that NGINX takes. */
const HUGE = "x".repeat(70_000);

/** Requests that get every kind of status from every site: from NGINX itself, and from the services. */
export function probes(realm: string): readonly Probe[] {
  const realmPath = `/realms/${realm}`;
  return [
    { site: "mlflow", path: "/health", status: 200 },
    { site: "mlflow", path: "/login", status: 302 },
    { site: "mlflow", path: "/api/2.0/mlflow/experiments/get?experiment_id=0", status: 401 },
    { site: "mlflow", path: "/api/3.0/mlflow/workspaces", method: "POST", status: 403 },
    { site: "mlflow", path: "/metrics", status: 404 },
    { site: "mlflow", path: "/health", method: "PUT", status: 405 },
    { site: "auth", path: "/", status: 302 },
    { site: "auth", path: `${realmPath}/.well-known/openid-configuration`, status: 200 },
    { site: "auth", path: `${realmPath}/protocol/openid-connect/userinfo`, status: 401 },
    { site: "auth", path: "/admin/", status: 404 },
    { site: "auth", path: `${realmPath}/nothing`, status: 404 },
    { site: "auth", path: `${realmPath}/protocol/openid-connect/token`, method: "PUT", status: 405 },
    { site: "s3", path: "/minio/health/live", status: 200 },
    { site: "s3", path: "/minio/admin/v3/info", status: 403 },
    { site: "s3", path: "/mlflow-artifacts/a", status: 403 },
    { site: "s3", path: "/", method: "PATCH", status: 400 },
    { site: "console", path: "/", status: 200 },
    { site: "console", path: "/api/v1/session", status: 403 },
    { site: "console", path: "/api/v1/nothing", status: 404 },
    ...(["mlflow", "auth", "s3", "console"] as const).flatMap((site) => [
      { site, path: "/", headers: { "X-Huge": HUGE }, status: 400 },
      { site, path: `/${HUGE}`, status: 414 },
    ]),
  ];
}
