"""The application that `mlflow server --app-name platform` serves: the login plugin's, tuned.

Like the plugin's own it is made by the import. MLflow imports it once before it starts its workers, so what does not
fit stops the server at once, with its reason.
"""

from .tuning import ping_idle_connections_only, route_directly, skip_provisioning_of_known_accounts, spare_what_stays

# Before anything connects to a database.
ping_idle_connections_only()

from mlflow.server import app as flask
from mlflow_oidc_auth.app import app
from mlflow_oidc_auth.middleware import auth_middleware

route_directly(app, flask)
skip_provisioning_of_known_accounts(auth_middleware)
spare_what_stays()
