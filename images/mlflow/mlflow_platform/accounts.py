"""`/platform/accounts`: how the warden keeps MLflow's accounts in step with Keycloak.

The login plugin reads a person's groups only when the person signs in with a browser, and nothing tells it that an
account was disabled in Keycloak. Its own API could say both, one request per account and question. These two routes
do it in one request for all accounts, and write groups as the login does, with the same owner, so that neither takes
the other's memberships for foreign ones and leaves them.

Only administrators may call them, and NGINX passes nothing below `/platform` on.
"""

from collections import defaultdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException
from mlflow.exceptions import MlflowException
from mlflow_oidc_auth.audit import emit_audit_event
from mlflow_oidc_auth.db.models import SqlGroup, SqlUser, SqlUserGroup, SqlUserIdentity
from mlflow_oidc_auth.dependencies import check_admin_permission
from mlflow_oidc_auth.store import store
from pydantic import BaseModel, ConfigDict

PROVIDER = "default"
"""Id of the one identity provider, and source of the service accounts that sign in by it."""
LOGIN = f"oidc:{PROVIDER}"
"""Owner of what a login writes."""
WARDEN = "oidc:warden"
"""Owner of an account that the warden has deactivated. By it the warden, and people who look at the account, know that
nobody did so by hand. It is a form that the plugin's own way of changing an owner accepts."""


class Change(BaseModel):
    """What is to be different; None leaves it as it is."""

    model_config = ConfigDict(extra="forbid")

    active: bool | None = None
    admin: bool | None = None
    groups: list[str] | None = None
    """Names of all groups of the account."""
    subject: str | None = None
    """The one subject that opens the account from now on."""


def _list() -> list[dict[str, Any]]:
    with store.user_repo._Session() as session:
        users = session.query(
            SqlUser.id,
            SqlUser.username,
            SqlUser.active,
            SqlUser.is_admin,
            SqlUser.is_service_account,
            SqlUser.managed_by,
        ).all()
        groups: dict[int, list[str]] = defaultdict(list)
        for user, group in session.query(SqlUserGroup.user_id, SqlGroup.group_name).join(
            SqlGroup, SqlGroup.id == SqlUserGroup.group_id
        ):
            groups[user].append(group)
        subjects: dict[int, list[str]] = defaultdict(list)
        for user, subject in session.query(SqlUserIdentity.user_id, SqlUserIdentity.subject).filter(
            SqlUserIdentity.provider_id == PROVIDER
        ):
            subjects[user].append(subject)
    return [
        {
            "username": username,
            "active": bool(active),
            "admin": bool(admin),
            "serviceAccount": bool(service),
            "deactivatedByWarden": not active and owner == WARDEN,
            "groups": sorted(groups[number]),
            # The plugin notes the name as the subject of accounts from before it knew subjects.
            "subjects": [subject for subject in subjects[number] if subject != username],
        }
        for number, username, active, admin, service, owner in users
    ]


def _change(username: str, change: Change, actor: str) -> None:
    account = store.get_user_detail(username)
    if account is None:
        raise HTTPException(404, f"MLflow has no account {username}")
    owner = account["managed_by"]
    # As its owner, so that the plugin takes the write for no conflict of two sources.
    if change.active is False and account["active"]:
        store.update_user(username, active=False, managed_by=WARDEN, written_by=owner, revoke_tokens=True)
        _note("user.deactivated", username, actor)
    if change.subject is not None:
        _bind(username, change.subject)
    if change.active and not account["active"]:
        if owner != WARDEN:
            raise HTTPException(409, f"{username} was deactivated by hand and stays so")
        login = "manual" if account["is_service_account"] else LOGIN
        store.update_user(username, active=True, managed_by=login, written_by=owner)
        _note("user.reactivated", username, actor)
    if change.groups is not None:
        store.populate_groups(change.groups, written_by=LOGIN)
        store.set_user_groups(username, change.groups, written_by=LOGIN, actor=actor)
    if change.admin is not None and change.admin != account["is_admin"]:
        current = store.get_user_detail(username)["managed_by"]
        store.update_user(username, is_admin=change.admin, written_by=current)


def _bind(username: str, subject: str) -> None:
    identities = store.user_identity_repo
    for provider, former in identities.list_identities_for_username(username):
        if provider == PROVIDER and former != subject:
            identities.unlink(provider, former, username)
    # The plugin goes by the name as well: a token of the former user opens the account until it ends. So the warden
    # does this only when no such token is left.
    identities.link(PROVIDER, subject, username)


def _note(event: str, username: str, actor: str) -> None:
    emit_audit_event(
        event, actor=actor, resource_type="user", resource_id=username, detail={"source": "warden"}
    )


router = APIRouter(prefix="/platform/accounts", include_in_schema=False)
Administrator = Annotated[str, Depends(check_admin_permission)]


# Plain functions: FastAPI runs them in a thread, since they wait for the database.
@router.get("")
def list_accounts(_: Administrator) -> list[dict[str, Any]]:
    """All accounts, with their groups and the subjects that open them."""
    return _list()


@router.patch("/{username:path}")
def change_account(username: str, change: Change, administrator: Administrator) -> dict[str, bool]:
    """Change one account. A deactivated one loses its sessions and personal tokens, and keeps its grants.

    Status: 404 for an unknown account; 409 for one that was deactivated by hand, or when MLflow would be left
    without an administrator.
    """
    try:
        _change(username, change, administrator)
    except MlflowException as error:
        raise HTTPException(409, error.message) from error
    return {"changed": True}


def serve_accounts(app: FastAPI) -> None:
    """Add the routes ahead of the mount that takes every path."""
    mount = app.router.routes.pop()
    app.include_router(router)
    app.router.routes.append(mount)
