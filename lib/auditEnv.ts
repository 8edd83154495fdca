/** Keycloak client by which the audit service reads events and names users. */
export const AUDIT_CLIENT = "mlflow-audit";
/** Port of the audit service inside the network. */
export const AUDIT_PORT = 8091;
