import tls from "node:tls";

/**
 * Certificates of the CAs that are trusted here, in PEM: those that Node brings and those of the system. Node by
 * itself leaves the system's out, and with them the CA of an organization.
 */
export function trustedRoots(): string[] {
  // Node 22 has learned this on its way; without it there are those that Node brings.
  if (!("getCACertificates" in tls)) return [...(tls as { rootCertificates: string[] }).rootCertificates];
  return [...tls.getCACertificates("default"), ...tls.getCACertificates("system")];
}
