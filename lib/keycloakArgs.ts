import { INTERNAL_PORT } from "./endpoints";

/**
 * Arguments of `kc.sh` for the optimized image.
 *
 * @param publicUrl - the address people use; it is also the issuer's base in every token
 */
export function keycloakArgs(publicUrl: string): string[] {
  return [
    "start",
    "--optimized",
    `--hostname=${publicUrl}`,
    // Containers reach Keycloak by its network alias, while tokens keep the public issuer.
    "--hostname-backchannel-dynamic=true",
    "--http-enabled=true",
    `--http-port=${INTERNAL_PORT.keycloak}`,
    "--proxy-headers=xforwarded",
    "--db-url=jdbc:postgresql://postgres:5432/keycloak",
    "--db-username=keycloak",
    // One node: no cluster discovery.
    "--cache=local",
    "--log-level=info",
  ];
}
