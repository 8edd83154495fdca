"""Artifacts that the client writes to the object store itself, with no AWS set-up."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fake_platform import FakePlatform
from fake_s3 import FakeS3
from mlflow.artifacts import download_artifacts
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from mlflow.store.artifact.s3_artifact_repo import S3ArtifactRepository

import mlflow_platform_client.artifacts as artifacts
from mlflow_platform_client.artifacts import PlatformS3ArtifactRepository

ROOT = "s3://mlflow-vision/1/run/artifacts"


@pytest.fixture
def direct(pipeline: FakePlatform) -> Iterator[tuple[FakePlatform, FakeS3]]:
    """The platform with an object store; each key is good for `s3_life` seconds from its first use."""
    first_used: dict[str, float] = {}

    def valid(key: str) -> bool:
        return time.monotonic() - first_used.setdefault(key, time.monotonic()) < pipeline.s3_life

    store = FakeS3(pipeline._sts, valid)
    pipeline.s3.answer = store.answer
    yield pipeline, store
    artifacts._clients.clear()


def test_mlflow_finds_the_repository_by_itself(direct: tuple[FakePlatform, FakeS3], tmp_path: Path) -> None:
    _, store = direct
    (tmp_path / "a.txt").write_text("hello")
    repository = get_artifact_repository(ROOT)
    assert type(repository) is PlatformS3ArtifactRepository
    repository.log_artifact(str(tmp_path / "a.txt"), "notes")
    assert store.objects == {"/mlflow-vision/1/run/artifacts/notes/a.txt": b"hello"}
    assert [file.path for file in repository.list_artifacts("notes")] == ["notes/a.txt"]
    assert Path(download_artifacts(f"{ROOT}/notes/a.txt", dst_path=str(tmp_path / "back"))).read_text() == "hello"
    assert store.keys == ["KEY1"]


def test_large_files_go_in_parts_both_ways(direct: tuple[FakePlatform, FakeS3], tmp_path: Path) -> None:
    _, store = direct
    content = os.urandom(20 * 1024 * 1024)
    (tmp_path / "large.bin").write_bytes(content)
    repository = get_artifact_repository(ROOT)
    repository.log_artifact(str(tmp_path / "large.bin"))
    assert store.objects["/mlflow-vision/1/run/artifacts/large.bin"] == content
    assert Path(repository.download_artifacts("large.bin", str(tmp_path))).read_bytes() == content


def test_keys_are_renewed_during_uploads_in_many_threads(direct: tuple[FakePlatform, FakeS3], tmp_path: Path) -> None:
    platform, store = direct
    # The store counts in whole seconds.
    platform.s3_life = 6.0
    (tmp_path / "a.bin").write_bytes(b"x" * 1000)
    repository = get_artifact_repository(ROOT)
    end = time.monotonic() + 14

    def upload(number: int) -> int:
        count = 0
        while time.monotonic() < end:
            repository.log_artifact(str(tmp_path / "a.bin"), str(number))
            count += 1
        return count

    with ThreadPoolExecutor(8) as threads:
        counts = list(threads.map(upload, range(8)))
    assert min(counts) > 5 and store.refused == 0
    assert len(store.keys) >= 3
    # Once for all threads at a time, not once for each.
    assert platform.counts["sts"] <= 16


def test_a_forked_process_uploads_with_connections_of_its_own(
    direct: tuple[FakePlatform, FakeS3], tmp_path: Path
) -> None:
    _, store = direct
    (tmp_path / "a.bin").write_bytes(b"x")
    repository = get_artifact_repository(ROOT)
    repository.log_artifact(str(tmp_path / "a.bin"), "parent")
    with artifacts._lock:
        child = os.fork()
        if child == 0:
            try:
                repository.log_artifact(str(tmp_path / "a.bin"), "child")
            finally:
                os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert {key.split("/")[-2] for key in store.objects} == {"parent", "child"}
    assert len(store.keys) == 2


@pytest.mark.parametrize(
    ("root", "env"),
    [
        ("s3://somebody-elses/x", {}),
        (ROOT, {"MLFLOW_TRACKING_AUTH": ""}),
        (ROOT, {"AWS_ACCESS_KEY_ID": "own", "AWS_SECRET_ACCESS_KEY": "own"}),
        (ROOT, {"AWS_PROFILE": "own"}),
        (ROOT, {"MLFLOW_S3_ENDPOINT_URL": "http://localhost:1"}),
        (ROOT, {"MLFLOW_TRACKING_URI": "sqlite:///x.db"}),
    ],
)
def test_everything_else_is_mlflows_own(
    direct: tuple[FakePlatform, FakeS3], monkeypatch: pytest.MonkeyPatch, root: str, env: dict[str, str]
) -> None:
    platform, _ = direct
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    own = object()
    monkeypatch.setattr(S3ArtifactRepository, "_get_s3_client", lambda self: own)
    assert get_artifact_repository(root)._get_s3_client() is own
    assert platform.counts["sts"] == 0


def test_the_platforms_own_address_may_be_named(
    direct: tuple[FakePlatform, FakeS3], monkeypatch: pytest.MonkeyPatch
) -> None:
    platform, _ = direct
    monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", platform.s3.url + "/")
    client = get_artifact_repository(ROOT)._get_s3_client()
    assert client.meta.endpoint_url == platform.s3.url
    assert client.meta.config.s3["addressing_style"] == "path"


def test_explicit_keys_in_code_are_mlflows_own(direct: tuple[FakePlatform, FakeS3]) -> None:
    platform, _ = direct
    PlatformS3ArtifactRepository(ROOT, access_key_id="a", secret_access_key="b")._get_s3_client()
    assert platform.counts["sts"] == 0


def test_one_client_for_many_threads(direct: tuple[FakePlatform, FakeS3]) -> None:
    repository = get_artifact_repository(ROOT)
    start = threading.Barrier(8)

    def client() -> object:
        start.wait()
        return repository._get_s3_client()

    with ThreadPoolExecutor(8) as threads:
        clients = {id(future.result()) for future in [threads.submit(client) for _ in range(8)]}
    assert len(clients) == 1


def test_without_boto3_the_extra_is_named(
    direct: tuple[FakePlatform, FakeS3], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "boto3", None)
    (tmp_path / "a").write_text("")
    with pytest.raises(artifacts.ConfigurationError, match=r"pip install 'mlflow-platform-client\[s3\]'"):
        get_artifact_repository(ROOT).log_artifact(str(tmp_path / "a"))
