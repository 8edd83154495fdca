"""The application that `mlflow server --app-name platform` serves: the login plugin's, with the platform's rules.

Like the plugin's own it is made by the import. MLflow imports it once before it starts its workers, so what does not
fit stops the server at once, with its reason.
"""

import os

from .identity import use_identified_store
from .threads import serve_in_threads, use_locked_caches
from .tuning import ping_idle_connections_only, route_directly, skip_provisioning_of_known_accounts, spare_what_stays

# Before anything connects to a database or makes a store, as the plugin's application does when it is made.
ping_idle_connections_only()
use_identified_store()
use_locked_caches()

from mlflow.server import app as flask
from mlflow_oidc_auth.app import app
from mlflow_oidc_auth.hooks import before_request
from mlflow_oidc_auth.middleware import auth_aware_wsgi_middleware, auth_middleware

from .accounts import serve_accounts
from .audit import add_audit
from .creation import let_members_create
from .gate import add_workspace_gate
from .grants import count_grants_in_own_workspace
from .provisioning import provision_in_turns
from .shipping import Shipper, post_to

add_workspace_gate(app)
let_members_create(before_request)
count_grants_in_own_workspace()
serve_accounts(app)
if url := os.environ.get("AUDIT_URL"):
    add_audit(app, flask, Shipper(post_to(url)))
serve_in_threads(auth_aware_wsgi_middleware)
route_directly(app, flask)
provision_in_turns(auth_middleware)
skip_provisioning_of_known_accounts(auth_middleware)
spare_what_stays()
