"""Several requests at once in each worker.

The login plugin runs MLflow's Flask application with asgiref, which by default puts all of a process in one thread: a
large upload on its way to the object store, or a slow search, would keep everybody else on that worker waiting.
`serve_in_threads` gives each worker a bounded pool instead. MLflow's own server runs the same handlers in up to 40
threads, and asgiref hands the request's context to whichever thread takes it.

The plugin's caches are not made for that: each is a `TTLCache`, which several threads may not use at once.
`use_locked_caches` puts a lock around it.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from threading import RLock
from typing import Any

from asgiref import wsgi
from asgiref.sync import sync_to_async
from mlflow_oidc_auth.cache import local_backend
from mlflow_oidc_auth.cache.local_backend import LocalTTLCacheBackend

from .versions import UnexpectedVersion, expect_parameters

#: Requests that each worker serves at once, unless PLATFORM_THREADS says otherwise. More would wait for the same
#: processors; each can hold a connection to either database.
THREADS = 8


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


def serve_in_threads(middleware: Any) -> ThreadPoolExecutor:
    """Run MLflow's Flask application in a pool of threads.

    :param middleware: the module `mlflow_oidc_auth.middleware.auth_aware_wsgi_middleware`
    :raises UnexpectedVersion: where the plugin or asgiref runs it in another way
    :returns: the pool, which starts its threads as it needs them
    """
    run = getattr(wsgi.WsgiToAsgiInstance.__dict__.get("run_wsgi_app"), "func", None)
    if run is None or getattr(middleware, "WSGIMiddleware", None) is not wsgi.WsgiToAsgi:
        raise UnexpectedVersion("the plugin does not serve Flask by asgiref's WsgiToAsgi as expected")
    expect_parameters(wsgi.WsgiToAsgi.__init__, "self", "wsgi_application", "duplicate_header_limit")
    pool = ThreadPoolExecutor(int(os.environ.get("PLATFORM_THREADS", THREADS)), thread_name_prefix="flask")

    class Request(wsgi.WsgiToAsgiInstance):
        run_wsgi_app = sync_to_async(run, thread_sensitive=False, executor=pool)

    class Adapter(wsgi.WsgiToAsgi):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await Request(self.wsgi_application, self.duplicate_header_limit)(scope, receive, send)

    middleware.WSGIMiddleware = Adapter
    return pool
