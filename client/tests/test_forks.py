"""Processes forked at any moment, while threads of the parent are inside this package.

Not by MLflow's own requests, and not by a host name: README.md says which locks of MLflow, Python and the C library a
child may wait for, whatever this package does.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import requests
from fake_platform import FakePlatform
from fake_s3 import FakeS3
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

import mlflow_platform_client.artifacts as artifacts
from mlflow_platform_client.auth import PlatformAuth

CHILDREN = 12


def test_children_are_never_stuck(pipeline: FakePlatform, tmp_path: Path) -> None:
    """Children have their own requests to make, for MLflow and for the object store."""
    store = FakeS3(pipeline._sts, lambda key: True)
    pipeline.s3.answer = store.answer
    pipeline.life = 1.0
    pipeline.s3_life = 6.0
    (tmp_path / "a").write_bytes(b"x" * 10_000)
    repository = get_artifact_repository("s3://mlflow-vision/1/run/artifacts")

    def work() -> None:
        requests.get(f"{pipeline.url}/api/2.0/mlflow/experiments/search", auth=PlatformAuth(), timeout=10)
        repository.log_artifact(str(tmp_path / "a"))

    work()
    ended = threading.Event()

    def go_on() -> None:
        while not ended.is_set():
            work()

    threads = [threading.Thread(target=go_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        outcomes = [_child(work) for _ in range(CHILDREN)]
    finally:
        ended.set()
        for thread in threads:
            thread.join(20)
        artifacts._clients.clear()
    assert outcomes == ["done"] * CHILDREN


def _child(work) -> str:  # type: ignore[no-untyped-def]
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            os._exit(1)
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return "done" if status == 0 else f"failed {status}"
        time.sleep(0.005)
    if os.environ.get("DUMP"):
        os.system(f"py-spy dump --pid {child}")
    os.kill(child, 9)
    os.waitpid(child, 0)
    return "stuck"
