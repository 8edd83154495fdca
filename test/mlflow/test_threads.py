"""Tests of serving several requests at once, in the image and with the versions that are served."""

import asyncio
import threading
import types
import unittest
from collections.abc import Callable
from typing import Any

from harness import api, make_workspace, member, scope, send
from mlflow_oidc_auth.cache import get_cache_backend
from mlflow_oidc_auth.cache.local_backend import LocalTTLCacheBackend
from mlflow_oidc_auth.middleware.auth_aware_wsgi_middleware import AuthAwareWSGIMiddleware

from mlflow_platform import threads
from mlflow_platform.caller import caller
from mlflow_platform.versions import UnexpectedVersion

SECONDS = 20

make_workspace("vision")


def serve(wsgi: Callable[[str], bytes | list[bytes]], paths: list[str]) -> list[bytes]:
    """All of the requests at once, as one worker serves them.

    :param wsgi: the answer to a path
    """

    def flask(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        answer = wsgi(environ["PATH_INFO"])
        answer = [answer] if isinstance(answer, bytes) else answer
        start_response("200 OK", [("content-length", str(sum(map(len, answer))))])
        return answer

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


#: A path that moves artifacts.
MOVING = "/api/2.0/mlflow-artifacts/artifacts/1/x"


class Threads(unittest.TestCase):
    def test_slow_ones_keep_nobody_waiting(self) -> None:
        # As many uploads as there can be, and one search that takes its time.
        slow = [*[MOVING] * threads.TRANSFERS, "/slow"]
        others = [f"/{number}" for number in range(20)]
        left, lock, served = len(others), threading.Lock(), threading.Event()

        def wsgi(path: str) -> bytes:
            nonlocal left
            if path in slow:
                return str(served.wait(SECONDS)).encode()
            with lock:
                left -= 1
                if left == 0:
                    served.set()
            return path.encode()

        self.assertEqual(serve(wsgi, [*slow, *others]), [*[b"True"] * len(slow), *(path.encode() for path in others)])

    def test_what_moves_artifacts_has_threads_of_its_own(self) -> None:
        for path in [
            MOVING, "/ajax-api/2.0/mlflow-artifacts/mpu/create/1/x", "/get-artifact", "/model-versions/get-artifact",
            "/ajax-api/2.0/mlflow/upload-artifact", "/ajax-api/3.0/mlflow/get-trace-artifact",
            "/ajax-api/2.0/mlflow/logged-models/m-1/artifacts/files",
        ]:  # fmt: skip
            name = serve(lambda _path: threading.current_thread().name.encode(), [path])[0]
            self.assertTrue(name.startswith(b"transfer"), path)
        for path in ["/", "/api/2.0/mlflow/experiments/search", "/ajax-api/2.0/mlflow/artifacts/list"]:
            name = serve(lambda _path: threading.current_thread().name.encode(), [path])[0]
            self.assertTrue(name.startswith(b"flask"), path)

    def test_as_many_as_there_are_threads_and_no_more(self) -> None:
        for path, number in (("/", threads.THREADS), (MOVING, threads.TRANSFERS)):
            self.assertEqual(self.most_at_once(path, number), number)

    def most_at_once(self, path: str, number: int) -> int:
        inside, most, lock, full = 0, 0, threading.Lock(), threading.Event()

        def wsgi(_path: str) -> bytes:
            nonlocal inside, most
            with lock:
                inside += 1
                most = max(most, inside)
                if inside == number:
                    full.set()
            full.wait(SECONDS)
            with lock:
                inside -= 1
            return b""

        serve(wsgi, [path] * number * 3)
        return most

    def test_answers_are_closed(self) -> None:
        closed = []

        class Answer(list):
            def close(self) -> None:
                closed.append(True)

        for body in (b"", b"answer"):
            self.assertEqual(serve(lambda _path, body=body: Answer([body]), ["/"]), [body])
        self.assertEqual(closed, [True, True])

    def test_each_knows_its_caller(self) -> None:
        paths = [f"/{number}" for number in range(50)]
        answers = serve(lambda _path: str(caller.get()).encode(), paths)
        self.assertEqual(answers, [f"caller of {path}".encode() for path in paths])


class Bodies(unittest.TestCase):
    def test_without_a_length_are_taken_whole(self) -> None:
        person = member("streamer", "vision")
        experiment = person.json("POST", api("experiments/create"), {"name": "streamed"})["experiment_id"]
        run = person.json("POST", api("runs/create"), {"experiment_id": experiment})["run"]["info"]["run_id"]
        path = f"/api/2.0/mlflow-artifacts/artifacts/workspaces/vision/{experiment}/{run}/artifacts/notes.txt"
        headers = person.headers | {"authorization": f"Bearer {person.token}", "transfer-encoding": "chunked"}
        self.assertEqual(send(scope("PUT", path, headers=headers), b"notes" * 50_000)[0], 200)
        self.assertEqual(send(scope("GET", path, headers=headers)), (200, "notes" * 50_000))

    def test_of_questions_are_still_refused(self) -> None:
        # The plugin looks at what a GET names in its query, MLflow at the body where there is none.
        person = member("asker", "vision")
        headers = person.headers | {"authorization": f"Bearer {person.token}", "content-type": "application/json"}
        self.assertEqual(send(scope("GET", api("runs/get"), headers=headers), b'{"run_id": "1"}')[0], 400)


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
