/**
 * Whether a browser keeps cookies marked Secure at an address: by https, and at `localhost`. Elsewhere it drops them,
 * and nobody could sign in.
 */
export function keepsSecureCookies(publicUrl: string): boolean {
  const { protocol, hostname } = new URL(publicUrl);
  return protocol === "https:" || hostname === "localhost" || hostname.endsWith(".localhost");
}
