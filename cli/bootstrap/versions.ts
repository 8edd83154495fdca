/**
 * Version of the Pulumi CLI: that of `@pulumi/pulumi`, which must match it (the toolchain test compares them with
 * each other and with `toolchain/cli/go.mod`).
 */
export const PULUMI_VERSION = "3.256.0";

/**
 * The provider plugins by name. A version is that of the npm SDK, since the SDK asks for exactly that plugin (the
 * toolchain test compares them with each other and with `toolchain/providers/bridged/sources.go`).
 */
export const PLUGINS: Readonly<Record<string, string>> = {
  docker: "5.2.0",
  keycloak: "6.13.0",
  minio: "0.17.1",
  postgresql: "3.18.1",
  random: "4.21.2",
  tls: "5.6.1",
};
