/** Folder of the certificate that is served; the image's entry point replaces it by renaming a link. */
const SERVED = "/tmp/tls/current";

/**
 * TLS as Mozilla's "intermediate" profile, version 6.0 of its guidelines: authenticated encryption only, forward
 * secrecy always, the hybrid post-quantum group first. The client picks the cipher, since it knows its hardware.
 */
export const TLS_PROFILE = `  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;
  ssl_prefer_server_ciphers off;
  ssl_ecdh_curve X25519MLKEM768:X25519:prime256v1:secp384r1;
  ssl_session_timeout 1d;
  ssl_session_cache shared:tls:10m;
  ssl_session_tickets off;`;

/**
 * Variables for the `http` block. A certificate named by a variable is read at each handshake, so a new one needs
 * no reload, which would close idle connections. Both maps are evaluated once per handshake: certificate and key
 * always come from the same folder, even while the link is renamed.
 *
 * @param address - the bare address that is served, for which clients send no name; absent with names
 */
export function certificateMaps(address: string | undefined): string {
  const served = `  map $realpath_root $served {
    ~^(?<folder>.+)$ $folder;
  }`;
  if (address === undefined) return served;
  return `${served}
  # With no names to tell apart there is no server to refuse a foreign one: it gets no certificate.
  map $ssl_server_name $certificate {
    '' $served;
    '${address}' $served;
    default /nowhere;
  }`;
}

/** Directives of a server that presents the certificate. */
export function certificate(address: string | undefined): string {
  const folder = address === undefined ? "$served" : "$certificate";
  return `    http2 on;
    root ${SERVED};
    ssl_certificate ${folder}/fullchain.pem;
    ssl_certificate_key ${folder}/privkey.pem;`;
}
