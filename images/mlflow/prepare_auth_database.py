"""Prepare the database of MLflow's login plugin before the server starts.

Brings the schema up to date and makes sure that the platform's own accounts exist, are active and are administrators:
those of the program that declares workspaces and grants, and of the warden. Both call MLflow's API with a token from
the identity provider. Without the rows, the first administrator could only come from a group claim in such a token,
which would mean trusting group claims of every token for good (OIDC_TRUST_BEARER_GROUP_CLAIMS).

The accounts are ordinary ones, not service accounts of the plugin: those are bound to one subject, which is not
known yet when the server starts.

Environment: OIDC_USERS_DB_URI, PLATFORM_ADMINISTRATORS: usernames, comma-separated; unset, no account is made. May run
any number of times.
"""

import os
import sys

from mlflow_oidc_auth.store import store


def ensure_administrator(username: str) -> None:
    """Create the account, or give back what it lost."""
    if not store.has_user(username):
        store.create_user(username, display_name="Account of the platform", is_admin=True)
        print(f"prepare_auth_database: created the administrator {username}", file=sys.stderr)
        return
    user = store.get_user_profile(username)
    if not (user.is_admin and user.active) or user.is_service_account:
        store.update_user(username, is_admin=True, active=True, is_service_account=False)
        print(f"prepare_auth_database: {username} is an active administrator again", file=sys.stderr)


def main() -> None:
    for username in filter(None, os.environ.get("PLATFORM_ADMINISTRATORS", "").split(",")):
        # The first use of the store brings its schema up to date.
        ensure_administrator(username)


if __name__ == "__main__":
    main()
