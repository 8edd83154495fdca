/** What people and programs ask for, and what must come of it. Unit and end-to-end tests use the same lists. */

/** Paths of the MLflow site that nothing outside may reach. */
export const MLFLOW_BLOCKED = [
  "/metrics",
  "/metrics/",
  "/METRICS",
  "/docs",
  "/docs/oauth2-redirect",
  "/redoc",
  "/openapi.json",
  "/platform/accounts",
  "/scim/v2/Users",
  "/slo",
  "/saml/acs",
  "/api/3.0/mlflow/assistant/chat",
  "/ajax-api/3.0/mlflow/assistant",
];

/** Paths of the MLflow site that may be read and not changed. */
export const MLFLOW_READ_ONLY = [
  "/api/3.0/mlflow/workspaces",
  "/api/3.0/mlflow/workspaces/vision",
  "/ajax-api/3.0/mlflow/workspaces/vision",
  "/api/3.0/mlflow/permissions/workspaces/vision/users",
  "/api/2.0/mlflow/permissions/workspaces/vision/groups",
  "/api/3.0/mlflow/workspace-rules",
  "/API/3.0/mlflow/Workspaces",
];

/** Paths of the MLflow site that are MLflow's, for all methods. */
export const MLFLOW_OPEN = [
  "/",
  "/login",
  "/callback",
  "/logout",
  "/health",
  "/oidc/ui/auth",
  "/api/2.0/mlflow/experiments/create",
  "/api/3.0/mlflow/server-info",
  "/ajax-api/2.0/mlflow/metrics/get-history-bulk",
  "/api/2.0/mlflow-artifacts/artifacts/workspaces/vision/1/metrics",
  "/api/3.0/mlflow/workspacesx",
  "/docsx",
  "/static-files/metrics.js",
];

/** Paths of the sign-in site that are Keycloak's. */
export const AUTH_OPEN = [
  "/realms/mlflow-dev/account/",
  "/realms/mlflow-dev/protocol/openid-connect/auth",
  "/realms/mlflow-dev/protocol/openid-connect/token",
  "/realms/mlflow-dev/device",
  "/resources/abc/login/style.css",
];

/** Paths of the sign-in site that nobody may reach. */
export const AUTH_BLOCKED = [
  "/admin",
  "/admin/",
  "/admin/master/console/",
  "/admin/realms/mlflow-dev/users",
  "/realms/master/protocol/openid-connect/token",
  "/realms/master/account/",
  "/realms/mlflow-dev-2/account/",
  "/realms/mlflow-staging/account/",
  "/realms/",
  "/metrics",
  "/health/ready",
  "/js/keycloak.js",
];

/** Paths of the S3 site that nobody may reach. */
export const S3_BLOCKED = [
  "/minio",
  "/minio/",
  "/minio/admin/v3/info",
  "/minio/v2/metrics/cluster",
  "//minio/admin",
];

/** Paths of the S3 site that are the object store's. */
export const S3_OPEN = ["/", "/mlflow-vision/a//b", "/minio/health/live", "/mlflow-minio/minio/x", "/miniox"];
