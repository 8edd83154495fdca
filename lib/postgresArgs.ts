/**
 * Arguments of the Postgres server.
 *
 * Sizing: MLflow holds up to 2 workers + 1 parent, each with two pools of 10 + 10 overflow connections, and
 * Keycloak up to 100 at the most under load but 20 here (`KC_DB_POOL_MAX_SIZE`); 150 leaves room for the provider.
 */
export function postgresArgs(): string[] {
  const parameters: Readonly<Record<string, string>> = {
    hba_file: "/run/platform/config/pg_hba.conf",
    listen_addresses: "*",
    max_connections: "150",
    password_encryption: "scram-sha-256",
    shared_buffers: "128MB",
    log_connections: "off",
    // Statements that fail may carry values; errors are logged without them.
    log_min_error_statement: "panic",
    log_parameter_max_length_on_error: "0",
  };
  return Object.entries(parameters).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}
