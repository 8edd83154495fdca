"""Less work for each request in the application of the login plugin.

Four things took a quarter of a request's processor time and decide nothing:

- Routing. The plugin tries hundreds of its own routes before it comes to the mount of MLflow's Flask application,
  which serves nearly all requests. `DirectMount` answers for paths of which it has seen that only that mount takes
  them. All middleware runs before routing and all Flask hooks after it, so both see every request as before.
- Provisioning. With OIDC_PROVISION_ON_BEARER_AUTH the plugin asks the database on each request with a token whether
  the account exists, and reads the same row again to decide on the request. `skip_provisioning_of_known_accounts`
  leaves out the first question where the second one found the row within the last seconds. The token is validated and
  the row read on every request as before: who is disabled, deleted or no longer an administrator is so at once.
- Pings. SQLAlchemy asks each pooled connection before each use whether it lives. `ping_idle_connections_only` leaves
  that out where it answered within the last second.
- Garbage collection. Python looks again and again at half a million objects that stay for good: MLflow's and
  SQLAlchemy's own. `spare_what_stays` takes them out of its sight.

A version of MLflow, its plugin, FastAPI or SQLAlchemy in which one of these places is gone or other than expected
stops the server at its start (`UnexpectedVersion`), rather than serving with half of it: the versions are pinned by
their hashes, so that happens only to somebody who raises one, and the image's test shows it first.
"""

import gc
import time
import weakref
from collections.abc import Iterable
from typing import Any

from cachetools import TTLCache
from fastapi import FastAPI
from flask import Flask
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from starlette.routing import BaseRoute, Match, Mount
from starlette.types import Scope

from .versions import UnexpectedVersion

#: Seconds for which an account that was found is not looked for before its row is read.
KNOWN_SECONDS = 30
#: Accounts that are remembered at once.
KNOWN_ACCOUNTS = 4096
#: Seconds after which a pooled connection is asked again whether it lives.
PING_SECONDS = 1.0
#: New objects after which Python looks for unreachable ones among them; its own default is 2,000.
NEW_OBJECTS = 10_000


class DirectMount(Mount):
    """The mount of MLflow's Flask application once more, ahead of all other routes.

    It takes a request only if no other route would: one of Flask's paths without parameters, with one of its methods,
    which every other route was seen to refuse. Anything else, such as a path in another spelling (`//`, `..`, `%2F`,
    another case, a slash at the end) or behind a forwarded prefix, is left to the routes as they are.

    :param mount: the mount, last of the routes
    :param routes: all routes of the application, in their order; looked at when a path is first asked for
    :param paths: method and path of what Flask serves
    """

    def __init__(self, mount: Mount, routes: list[BaseRoute], paths: Iterable[tuple[str, str]]) -> None:
        super().__init__(mount.path, app=mount.app, name=mount.name)
        self._mount = mount
        self._routes_of_app = routes
        # None until somebody asks: trying all of them against all routes would take seconds at each start.
        self._taken: dict[tuple[str, str], bool | None] = dict.fromkeys(paths)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if not self._takes(scope):
            return Match.NONE, {}
        return super().matches(scope)

    def _takes(self, scope: Scope) -> bool:
        if scope["type"] != "http" or scope.get("root_path"):
            return False
        path: str = scope["path"]
        key = (scope["method"], path)
        if key not in self._taken or scope.get("raw_path") != path.encode():
            return False
        taken = self._taken[key]
        if taken is None:
            taken = self._taken[key] = self._no_other_takes(*key)
        return taken

    def _no_other_takes(self, method: str, path: str) -> bool:
        others = [route for route in self._routes_of_app if route is not self and route is not self._mount]
        # Nothing of the caller's is in here, so no caller can decide for others.
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [],
        }
        return all(route.matches(dict(scope))[0] is Match.NONE for route in others)


def route_directly(app: FastAPI, flask: Flask) -> None:
    """Put a `DirectMount` ahead of the application's routes.

    :raises UnexpectedVersion: unless the last route is the mount of `flask` at the root
    """
    routes = app.router.routes
    mount = routes[-1] if routes else None
    if not isinstance(mount, Mount) or mount.path != "" or getattr(mount.app, "flask_app", None) is not flask:
        raise UnexpectedVersion("the last route is not the mount of MLflow's Flask application at /")
    paths = [
        (method, rule.rule)
        for rule in flask.url_map.iter_rules()
        if not rule.arguments
        for method in rule.methods or ()
    ]
    if not paths:
        raise UnexpectedVersion("MLflow's Flask application has no paths without parameters")
    routes.insert(0, DirectMount(mount, routes, paths))


def skip_provisioning_of_known_accounts(auth: Any) -> None:
    """Let the plugin provision only accounts that it has not found within the last `KNOWN_SECONDS`.

    :param auth: the module `mlflow_oidc_auth.middleware.auth_middleware`
    :raises UnexpectedVersion: where it is built otherwise
    """
    middleware = getattr(auth, "AuthMiddleware", None)
    original_provision = getattr(middleware, "_maybe_provision_bearer_user", None)
    original_facts = getattr(middleware, "_get_user_auth_facts", None)
    denials = {getattr(auth, name, None) for name in ("DENIAL_UNKNOWN_USER", "DENIAL_LOOKUP_ERROR")}
    if original_provision is None or original_facts is None or None in denials:
        raise UnexpectedVersion("mlflow_oidc_auth provisions or reads accounts in another way")
    # Used by the event loop's thread only.
    known: TTLCache[str, bool] = TTLCache(maxsize=KNOWN_ACCOUNTS, ttl=KNOWN_SECONDS)

    def provision(self: Any, username: str, token: str, payload: Any) -> None:
        # The original returns at once, too, when the account exists. When it was deleted since, the row that is read
        # next is missing: this request is refused, and the next one provisions as before.
        if username not in known:
            original_provision(self, username, token, payload)

    def facts(self: Any, username: str) -> Any:
        found = original_facts(self, username)
        _, _, denial, _ = found
        if denial in denials:
            known.pop(username, None)
        else:
            known[username] = True
        return found

    middleware._maybe_provision_bearer_user = provision
    middleware._get_user_auth_facts = facts


def ping_idle_connections_only(dialect: Any = PGDialect_psycopg) -> None:
    """Let SQLAlchemy ping a connection only if it has not answered within the last `PING_SECONDS`.

    A server that goes away takes longer than that to come back, so its old connections are still found out before
    they are used. A single connection that is cut and used again within the second gives one failed request.

    :param dialect: class of the dialect whose connections are pinged
    :raises UnexpectedVersion: where it has no `do_ping`
    """
    original = getattr(dialect, "do_ping", None)
    if original is None:
        raise UnexpectedVersion("SQLAlchemy's dialect for psycopg has no do_ping")
    answered: weakref.WeakKeyDictionary[Any, float] = weakref.WeakKeyDictionary()

    def do_ping(self: Any, connection: Any) -> bool:
        now = time.monotonic()
        if not connection.closed and now - answered.get(connection, -PING_SECONDS) < PING_SECONDS:
            return True
        alive = original(self, connection)
        if alive:
            answered[connection] = now
        return alive

    dialect.do_ping = do_ping


def spare_what_stays() -> None:
    """Let the garbage collector pass over all objects that there are now, and look for new ones less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])
