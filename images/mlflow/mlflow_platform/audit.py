"""What is done to MLflow, by whom and from where, as events for the platform's audit stream.

Each request that changes something gives one event, `write`; those that a training makes by the hundred are counted for
some seconds. So are refusals: what a signed-in caller may not do (`refused`), and credentials that are not taken
(`login.refused`), of which the plugin itself keeps no record. The plugin's own events, of logins and grants, are put into
the same form. Where no collector is set (AUDIT_URL) nothing of this is in place, and the plugin's events go to standard
error as it writes them.
"""

import json
import logging
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from mlflow.utils.workspace_context import get_request_workspace
from mlflow_oidc_auth import audit as plugin
from mlflow_oidc_auth.entities.auth_context import AUTH_CONTEXT_KEY, AuthContext
from mlflow_oidc_auth.middleware.proxy_headers_middleware import client_address
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .audited import COUNTED_BY, LOOKED_AT, MANY, READS, Routes, claims, named, queried, target
from .shipping import Event, Shipper, now
from .versions import UnexpectedVersion

_WRITES = {"POST", "PUT", "PATCH", "DELETE"}
#: The plugin's names of events and the platform's.
_EVENTS = {"auth.login": "login", "auth.logout": "logout", "auth.identity_refused": "login.refused"}
_PREFIXES = {"auth.denied": "login.refused", "permission.": "grant.", "user.": "account."}

#: The request that is served, for what the plugin logs meanwhile.
_scope: ContextVar[Scope | None] = ContextVar("mlflow_platform_scope", default=None)


class Audit:
    """ASGI middleware around all others: tells the shipper what each request did."""

    def __init__(self, app: ASGIApp, shipper: Shipper, routes: Routes) -> None:
        self._app = app
        self._shipper = shipper
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            self._shipper.close()
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        headers = dict(scope["headers"])
        writes = scope["method"] in _WRITES and not READS.fullmatch(f"{scope['method']} {path}")
        looks = writes and headers.get(b"content-type", b"").startswith(b"application/json")
        asked, answered, status = bytearray(), bytearray(), 0

        async def take() -> Message:
            message = await receive()
            if looks and len(asked) < LOOKED_AT:
                asked.extend(message.get("body", b""))
            return message

        async def give(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif looks and not answered:
                answered.extend(message.get("body", b"")[:LOOKED_AT])
            await send(message)

        token = _scope.set(scope)
        try:
            await self._app(scope, take, give)
        finally:
            _scope.reset(token)
            if writes or status in (401, 403):
                self._tell(scope, path, headers, status or 500, writes, named(bytes(answered)) | named(bytes(asked)))

    def _tell(
        self, scope: Scope, path: str, headers: Mapping[bytes, bytes], status: int, writes: bool, ids: dict[str, str]
    ) -> None:
        who = scope.get(AUTH_CONTEXT_KEY)
        authorization = headers.get(b"authorization", b"").decode(errors="replace")
        if not isinstance(who, AuthContext):
            # Without credentials a refusal is how every visit begins.
            if status == 401 and authorization:
                self._tell_sign_in(scope, authorization)
            return
        template, arguments = self._routes.of(scope, path)
        many = bool(MANY.fullmatch(f"{scope['method']} {path}"))
        ids = ids | queried(scope["query_string"]) | arguments
        if many:
            # OpenTelemetry names the experiment in a header, and nothing else that could be read here.
            header = headers.get(b"x-mlflow-experiment-id", b"").decode(errors="replace")
            ids = {name: value for name, value in ids.items() if name in COUNTED_BY}
            ids = ids or ({"experiment_id": header} if header else {})
        refused = status in (401, 403)
        about = target(ids)
        workspace = who.workspace or arguments.get("workspace") or arguments.get("workspace_name")
        key = (who.username, workspace, client_address(scope), scope["method"], template, about, status)

        def event() -> Event:
            token = claims(authorization.removeprefix("Bearer ")) if authorization.startswith("Bearer ") else {}
            return {
                "time": now(),
                "source": "mlflow",
                "event": "refused" if refused else "write",
                "actor": who.username,
                "subject": _text(token.get("sub")),
                "client": _text(token.get("azp")),
                "ip": client_address(scope),
                "workspace": workspace,
                "target": about,
                "status": "refused" if refused else "success" if status < 400 else "failed",
                "detail": {"method": scope["method"], "path": template, "code": status, "ids": ids},
            }

        if refused or many:
            self._shipper.count(key, event)
        elif writes:
            self._shipper.put(event())

    def _tell_sign_in(self, scope: Scope, authorization: str) -> None:
        scheme, _, credentials = authorization.partition(" ")
        token = claims(credentials) if scheme == "Bearer" else {}
        # As the credentials have it, which nobody has verified: not the actor, but what to look for.
        claimed = _text(token.get("preferred_username"))
        ip = client_address(scope)

        def event() -> Event:
            return {
                "time": now(),
                "source": "mlflow",
                "event": "login.refused",
                "actor": None,
                "subject": None,
                "client": None,
                "ip": ip,
                "workspace": None,
                "target": None,
                "status": "refused",
                "detail": {"scheme": scheme[:32], "claimed": claimed, "path": scope["path"]},
            }

        self._shipper.count(("login.refused", ip, scheme[:32], claimed), event)


class PluginEvents(logging.Handler):
    """Takes the plugin's own events, which it logs as lines of JSON."""

    def __init__(self, shipper: Shipper) -> None:
        super().__init__()
        self._shipper = shipper

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._shipper.put(of_plugin(json.loads(record.getMessage())))
        except Exception:
            self.handleError(record)


def of_plugin(said: Mapping[str, Any]) -> Event:
    """An event of the plugin in the platform's form."""
    name = str(said["event"])
    event = _EVENTS.get(name, name)
    for prefix, ours in _PREFIXES.items():
        if name.startswith(prefix):
            event = ours if prefix == "auth.denied" else ours + name.removeprefix(prefix)
    kind, of = said.get("resource_type"), said.get("resource_id")
    scope = _scope.get()
    time = datetime.fromisoformat(said["timestamp"]).astimezone(UTC)
    return {
        "time": time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "source": "mlflow",
        "event": event,
        "actor": _text(said.get("actor")),
        "subject": None,
        "client": None,
        "ip": client_address(scope) if scope else None,
        "workspace": of if "workspace" in str(kind) else get_request_workspace(),
        "target": f"{str(kind).replace('_', '-')}:{of}" if kind and of else None,
        "status": {"success": "success", "denied": "refused"}.get(str(said.get("status")), "failed"),
        "detail": {**(said.get("detail") or {}), "event": name},
    }


def add_audit(app: Starlette, flask: Flask, shipper: Shipper) -> None:
    """Tell the shipper of all that is done, in place of standard error.

    :raises UnexpectedVersion: where the plugin keeps its own events in another way
    """
    logger = getattr(plugin, "_get_audit_logger", lambda: None)()
    if not isinstance(logger, logging.Logger) or logger.propagate or len(logger.handlers) != 1:
        raise UnexpectedVersion("the plugin's audit events do not go to one handler of a logger of their own")
    logger.handlers = [PluginEvents(shipper)]
    app.user_middleware.insert(0, Middleware(Audit, shipper=shipper, routes=Routes(flask)))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
