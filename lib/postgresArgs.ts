/**
 * Arguments of the Postgres server.
 *
 * Sizing: each of MLflow's 2 workers serves 10 requests at once, which hold up to 3 connections to the runs' database
 * and 2 to the accounts' each, and keeps 8 idle ones in each of its 4 pools: at most 82. Keycloak has 20
 * (`KC_DB_POOL_MAX_SIZE`). 200 leaves room for MLflow's parent process, the provider and back-ups.
 */
export function postgresArgs(): string[] {
  const parameters: Readonly<Record<string, string>> = {
    hba_file: "/run/platform/config/pg_hba.conf",
    listen_addresses: "*",
    max_connections: "200",
    password_encryption: "scram-sha-256",
    shared_buffers: "128MB",
    log_connections: "off",
    // Statements that fail may carry values; errors are logged without them.
    log_min_error_statement: "panic",
    log_parameter_max_length_on_error: "0",
  };
  return Object.entries(parameters).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}
