"""The workspace gate: whoever has no permission in a workspace gets nothing of it.

The login plugin asks for a permission on the single experiment or model first and for one on the workspace only where
there is none. So whoever left a team would keep what they had made in it, and a grant that a member gives on something
of theirs would let people in from outside the team. The gate comes before all of that: it lets a request through only
if the caller may read in the workspace that the request is about. It stands behind the plugin's `AuthMiddleware`,
which has verified the caller, and before everything that serves data: Flask's routes, those of FastAPI, GraphQL,
downloads, traces, the gateway and the permission API.

A request is about the workspace of its header, as MLflow and the plugin read it, or about `default`, where nobody has
a permission. Only what says nothing about any workspace is let through without one (`OPEN`).
"""

import json
import re
from typing import Any

from mlflow.utils.workspace_context import get_request_workspace
from mlflow.utils.workspace_utils import DEFAULT_WORKSPACE_NAME, WORKSPACE_HEADER_NAME
from mlflow_oidc_auth.entities.auth_context import AUTH_CONTEXT_KEY, AuthContext
from mlflow_oidc_auth.middleware import AuthMiddleware, WorkspaceContextMiddleware
from mlflow_oidc_auth.middleware.route_path import is_unprotected_route, routed_path
from mlflow_oidc_auth.utils.workspace_cache import get_workspace_permission_cached
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from .caller import caller
from .versions import UnexpectedVersion, expect_parameters

#: What a browser needs to find its way, and a client to learn whom it talks to, whatever workspace it last used: the
#: page itself, the list of the caller's own workspaces (which the plugin filters), and the caller's own account.
OPEN = re.compile(
    r"GET (/|/version|/logout|/auth/status|/static-files/.*"
    r"|/(ajax-)?api/3\.0/mlflow/(server-info|ui-telemetry|workspaces)"
    r"|/(ajax-)?api/2\.0/mlflow/users/current)"
    r"|POST /ajax-api/3\.0/mlflow/ui-telemetry"
    r"|(GET|POST|DELETE) /(ajax-)?api/2\.0/mlflow/users/current/tokens(/[^/]+)?"
)
#: What names the workspace that it is about in its path instead of in a header.
ABOUT = re.compile(r"/(?:ajax-)?api/3\.0/mlflow/(?:permissions/)?workspaces/([^/]+)(?:/(?:users|groups)(?:/.*)?)?")

_HEADER = WORKSPACE_HEADER_NAME.lower().encode()


class WorkspaceGate:
    """ASGI middleware: refuses with 403 what the caller's permissions on workspaces do not cover."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        who = scope.get(AUTH_CONTEXT_KEY)
        if not isinstance(who, AuthContext):
            if is_unprotected_route(routed_path(scope)):
                await self._app(scope, receive, send)
            else:
                await _answer(send, 401, "UNAUTHENTICATED", "Sign in first.")
            return
        refusal = None if who.is_admin else _refusal(who, scope)
        if refusal is not None:
            await _answer(send, 403, "PERMISSION_DENIED", refusal)
            return
        token = caller.set(who.username)
        try:
            await self._app(scope, receive, send)
        finally:
            caller.reset(token)


def _refusal(who: AuthContext, scope: Scope) -> str | None:
    """Why the caller may not do this, or None."""
    path = routed_path(scope)
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    if OPEN.fullmatch(f"{method} {path}"):
        return None
    if sum(name == _HEADER for name, _ in scope["headers"]) > 1:
        return f"Name one workspace: the header {WORKSPACE_HEADER_NAME} was sent more than once."
    about = ABOUT.fullmatch(path)
    if about:
        workspace = about[1]
    else:
        # As the plugin reads the header, which decides on grants, and as MLflow has resolved it, which decides on data.
        workspace = who.workspace or DEFAULT_WORKSPACE_NAME
        if workspace != (get_request_workspace() or DEFAULT_WORKSPACE_NAME):
            return f"MLflow serves this request from another workspace than '{workspace}'."
    # Answered from memory but for once in WORKSPACE_CACHE_TTL_SECONDS, so it may run in the event loop's thread, as
    # the plugin's own look at the account does on every request.
    permission = get_workspace_permission_cached(who.username, workspace)
    if permission is not None and permission.can_read:
        return None
    if who.workspace is None and about is None:
        return (
            f"This request names no team. Set MLFLOW_WORKSPACE, or the header {WORKSPACE_HEADER_NAME}, "
            "to the team whose workspace it is about."
        )
    return f"{who.username} has no permission in the workspace '{workspace}'."


async def _answer(send: Send, status: int, code: str, message: str) -> None:
    body = json.dumps({"error_code": code, "message": message}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def add_workspace_gate(app: Starlette) -> None:
    """Put a `WorkspaceGate` right behind the plugin's `AuthMiddleware`.

    :raises UnexpectedVersion: unless that is there, and behind the middleware that resolves the workspace
    """
    expect_parameters(get_workspace_permission_cached, "username", "workspace")
    classes: list[Any] = [middleware.cls for middleware in app.user_middleware]
    if classes.count(AuthMiddleware) != 1 or WorkspaceContextMiddleware not in classes[: classes.index(AuthMiddleware)]:
        raise UnexpectedVersion("AuthMiddleware does not follow WorkspaceContextMiddleware in the plugin's application")
    app.user_middleware.insert(classes.index(AuthMiddleware) + 1, Middleware(WorkspaceGate))
