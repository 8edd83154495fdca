"""Tests of serving several requests at once, in the image and with the versions that are served."""

import asyncio
import threading
import types
import unittest
from collections.abc import Callable
from typing import Any

from harness import scope
from mlflow_oidc_auth.cache import get_cache_backend
from mlflow_oidc_auth.cache.local_backend import LocalTTLCacheBackend
from mlflow_oidc_auth.middleware.auth_aware_wsgi_middleware import AuthAwareWSGIMiddleware

from mlflow_platform import threads
from mlflow_platform.caller import caller
from mlflow_platform.versions import UnexpectedVersion

SECONDS = 20


def serve(wsgi: Callable[[str], bytes], paths: list[str]) -> list[bytes]:
    """All of the requests at once, as one worker serves them.

    :param wsgi: the answer to a path
    """

    def flask(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        body = wsgi(environ["PATH_INFO"])
        start_response("200 OK", [("content-length", str(len(body)))])
        return [body]

    app = AuthAwareWSGIMiddleware(flask)

    async def one(path: str) -> bytes:
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        token = caller.set(f"caller of {path}")
        try:
            await app(scope("GET", path), receive, send)
        finally:
            caller.reset(token)
        return b"".join(message.get("body", b"") for message in sent[1:])

    async def all_of_them() -> list[bytes]:
        return await asyncio.gather(*(asyncio.create_task(one(path)) for path in paths))

    return asyncio.run(all_of_them())


class Threads(unittest.TestCase):
    def test_a_slow_request_keeps_nobody_waiting(self) -> None:
        others = [f"/{number}" for number in range(20)]
        served = threading.Semaphore(0)

        def wsgi(path: str) -> bytes:
            if path == "/slow":
                return str(all(served.acquire(timeout=SECONDS) for _ in others)).encode()
            served.release()
            return path.encode()

        self.assertEqual(serve(wsgi, ["/slow", *others]), [b"True", *(path.encode() for path in others)])

    def test_as_many_as_there_are_threads_and_no_more(self) -> None:
        inside, most, lock, full = 0, 0, threading.Lock(), threading.Event()

        def wsgi(_path: str) -> bytes:
            nonlocal inside, most
            with lock:
                inside += 1
                most = max(most, inside)
                if inside == threads.THREADS:
                    full.set()
            reached = full.wait(SECONDS)
            with lock:
                inside -= 1
            return str(reached).encode()

        answers = serve(wsgi, ["/"] * threads.THREADS * 3)
        self.assertEqual((set(answers), most), ({b"True"}, threads.THREADS))

    def test_each_knows_its_caller(self) -> None:
        paths = [f"/{number}" for number in range(50)]
        answers = serve(lambda _path: str(caller.get()).encode(), paths)
        self.assertEqual(answers, [f"caller of {path}".encode() for path in paths])


class Caches(unittest.TestCase):
    def test_of_the_plugin_are_locked(self) -> None:
        from mlflow_oidc_auth.utils import permissions, workspace_cache

        for cache in (
            get_cache_backend("test", maxsize=1, ttl=1),
            workspace_cache._get_cache(),
            workspace_cache._get_denial_cache(),
            permissions._get_permission_cache(),
        ):
            self.assertIsInstance(cache, threads.LockedCache)

    def test_take_many_threads(self) -> None:
        cache = threads.LockedCache(maxsize=8, ttl=1)
        failures: list[Exception] = []

        def work(number: int) -> None:
            try:
                for turn in range(2000):
                    cache.set(f"{number}:{turn % 16}", turn)
                    cache.get(f"{(number + 1) % 8}:{turn % 16}")
                    cache.delete(f"{number}:{(turn + 1) % 16}")
                    cache.delete_prefix(f"{number}:1")
            except Exception as error:
                failures.append(error)

        workers = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.assertEqual(failures, [])


class OtherVersions(unittest.TestCase):
    def test_stop_the_server_with_the_way_out(self) -> None:
        with self.assertRaisesRegex(UnexpectedVersion, "WsgiToAsgi.*pin the former versions"):
            threads.serve_in_threads(types.SimpleNamespace(WSGIMiddleware=None))

        class Other(LocalTTLCacheBackend):
            def pop(self, key: str) -> None: ...

        with self.assertRaisesRegex(UnexpectedVersion, "other methods .*pop"):
            threads.use_locked_caches(types.SimpleNamespace(LocalTTLCacheBackend=Other))


if __name__ == "__main__":
    unittest.main(verbosity=2)
