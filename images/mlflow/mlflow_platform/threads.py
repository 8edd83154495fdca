"""Several requests at once in each worker.

The login plugin runs MLflow's Flask application with asgiref, which by default puts all of a process in one thread: a
large upload on its way to the object store, or a slow search, would keep everybody else on that worker waiting.
`serve_in_threads` gives each worker two bounded pools instead. One is for what moves artifacts, which waits for the
object store most of its time. The other is for all the rest and is small, since that is work for the processor, and
threads that want it at once only get into each other's way: with eight of them a worker served less. MLflow's own
server runs the same handlers in up to 40 threads, and asgiref hands the request's context to whichever takes it.

The plugin's caches are not made for that: each is a `TTLCache`, which several threads may not use at once.
`use_locked_caches` puts a lock around it.
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import RLock
from typing import Any

from asgiref import wsgi
from asgiref.sync import sync_to_async
from mlflow_oidc_auth.cache import local_backend
from mlflow_oidc_auth.cache.local_backend import LocalTTLCacheBackend
from starlette.types import Receive, Scope, Send

from .versions import UnexpectedVersion, expect_parameters

#: Requests that each worker serves at once, but for those that move artifacts.
THREADS = 2
#: Requests that move artifacts and that each worker serves at once.
TRANSFERS = 8
#: Paths of these: the artifact proxy, and the downloads and uploads of the web page.
MOVES = re.compile(
    r"/(ajax-)?api/2\.0/mlflow-artifacts/.*|/get-artifact|/model-versions/get-artifact"
    r"|/ajax-api/[23]\.0/mlflow/(get-trace-artifact|upload-artifact|logged-models/[^/]+/artifacts/files)"
)


class LockedCache(LocalTTLCacheBackend):
    """The plugin's cache, for one thread at a time."""

    def __init__(self, maxsize: int, ttl: int) -> None:
        super().__init__(maxsize, ttl)
        self._lock = RLock()

    def get(self, key: str) -> Any | None:
        with self._lock:
            return super().get(key)

    def set(self, key: str, value: Any) -> None:
        with self._lock:
            super().set(key, value)

    def delete(self, key: str) -> None:
        with self._lock:
            super().delete(key)

    def delete_prefix(self, prefix: str) -> None:
        with self._lock:
            super().delete_prefix(prefix)

    def clear(self) -> None:
        with self._lock:
            super().clear()


def use_locked_caches(backend: Any = local_backend) -> None:
    """Let the plugin make a `LockedCache` wherever it would make its own, from now on.

    :param backend: the module `mlflow_oidc_auth.cache.local_backend`
    :raises UnexpectedVersion: where its cache has methods that are not locked here
    """
    methods = {name for name, value in vars(backend.LocalTTLCacheBackend).items() if callable(value)}
    unlocked = methods - set(vars(LockedCache))
    if unlocked:
        raise UnexpectedVersion(f"the plugin's cache has other methods ({', '.join(sorted(unlocked))})")
    backend.LocalTTLCacheBackend = LockedCache


def serve_in_threads(middleware: Any) -> None:
    """Run MLflow's Flask application in pools of threads, which start as they are needed.

    :param middleware: the module `mlflow_oidc_auth.middleware.auth_aware_wsgi_middleware`
    :raises UnexpectedVersion: where the plugin or asgiref runs it in another way
    """
    run = getattr(wsgi.WsgiToAsgiInstance.__dict__.get("run_wsgi_app"), "func", None)
    if run is None or getattr(middleware, "WSGIMiddleware", None) is not wsgi.WsgiToAsgi:
        raise UnexpectedVersion("the plugin does not serve Flask by asgiref's WsgiToAsgi as expected")
    expect_parameters(wsgi.WsgiToAsgiInstance.build_environ, "self", "scope", "body")
    expect_parameters(wsgi.WsgiToAsgi.__init__, "self", "wsgi_application", "duplicate_header_limit")

    class Request(wsgi.WsgiToAsgiInstance):
        def build_environ(self, scope: Any, body: Any) -> dict[str, Any]:
            environ = super().build_environ(scope, body)
            # A body without a length, as a pipe is sent: all of it is there. Flask would take it for empty otherwise,
            # and an upload that is nothing but an empty file would be answered with 200.
            if "CONTENT_LENGTH" not in environ:
                environ["wsgi.input_terminated"] = True
            return environ

    class Quick(Request):
        run_wsgi_app = sync_to_async(run, thread_sensitive=False, executor=ThreadPoolExecutor(THREADS, "flask"))

    class Transfer(Request):
        run_wsgi_app = sync_to_async(run, thread_sensitive=False, executor=ThreadPoolExecutor(TRANSFERS, "transfer"))

    class Adapter(wsgi.WsgiToAsgi):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            kind = Transfer if MOVES.fullmatch(scope["path"]) else Quick
            await kind(_closing(self.wsgi_application), self.duplicate_header_limit)(scope, receive, send)

    middleware.WSGIMiddleware = Adapter


def _closing(application: Any) -> Any:
    """The application with its answers closed once they are sent, as WSGI has it and asgiref does not do.

    MLflow removes the copy of a downloaded artifact only then.
    """

    def closing(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        answer = application(environ, start_response)
        try:
            yield from answer
        finally:
            if close := getattr(answer, "close", None):
                close()

    return closing
