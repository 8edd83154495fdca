import type { Site } from "../endpoints";

/** Two years in seconds, as browsers' preload lists and Mozilla's guidelines ask for. */
const HSTS_SECONDS = 63_072_000;

/** What every page may, and no more: never shown in another site's frame, no plugins, no foreign base address. */
const PAGE_POLICY = "frame-ancestors 'self'; object-src 'none'; base-uri 'self'";

/** Content-Security-Policy per site. */
const POLICIES: Readonly<Record<Site, string>> = {
  // Scripts stay open: artifacts that people log are pages with scripts from anywhere.
  mlflow: PAGE_POLICY,
  auth: PAGE_POLICY,
  // An object opened in a browser is shown, never run.
  s3: "default-src 'none'; sandbox; frame-ancestors 'none'",
  console: PAGE_POLICY,
};

/** Headers that services send too; one of each reaches the browser. */
const REPLACED = [
  "Strict-Transport-Security",
  "X-Content-Type-Options",
  "X-Frame-Options",
  "X-XSS-Protection",
  "Referrer-Policy",
  "Permissions-Policy",
  "Content-Security-Policy",
  "Server",
];

/** For the `http` block: hides what the services say, except a policy of theirs, which is passed on. */
export function headerDefaults(): string {
  return `${REPLACED.map((header) => `  proxy_hide_header ${header};`).join("\n")}
${Object.entries(POLICIES)
  .map(
    ([site, policy]) => `  map $upstream_http_content_security_policy $${site}_policy {
    default $upstream_http_content_security_policy;
    '' "${policy}";
  }`,
  )
  .join("\n")}`;
}

/**
 * Headers that tell a browser how to treat an answer of a site, whatever its status.
 *
 * @param secure - whether the site is reached by https
 */
export function siteHeaders(site: Site, secure: boolean): string {
  const policy = site === "s3" ? `"${POLICIES.s3}"` : `$${site}_policy`;
  return headers(policy, site === "s3" ? "DENY" : "SAMEORIGIN", secure);
}

/** Headers of answers that NGINX gives before it knows a site. */
export function plainHeaders(): string {
  return headers(`"default-src 'none'; frame-ancestors 'none'"`, "DENY", false);
}

function headers(policy: string, frames: "DENY" | "SAMEORIGIN", secure: boolean): string {
  return [
    ...(secure ? [`add_header Strict-Transport-Security "max-age=${HSTS_SECONDS}" always;`] : []),
    "add_header X-Content-Type-Options nosniff always;",
    `add_header X-Frame-Options ${frames} always;`,
    "add_header Referrer-Policy strict-origin-when-cross-origin always;",
    'add_header Permissions-Policy "camera=(), geolocation=(), microphone=()" always;',
    `add_header Content-Security-Policy ${policy} always;`,
  ]
    .map((line) => `    ${line}`)
    .join("\n");
}
