"""A training of two hours with tokens of 60 seconds, in seconds: 120 tokens, used in threads and forked processes,
and a Keycloak that is away twice."""

from __future__ import annotations

import multiprocessing
import threading
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import mlflow
import pytest
from fake_platform import FakePlatform
from mlflow.store.artifact.mlflow_artifacts_repo import MlflowArtifactsRepository

LIFE = 0.8
TOKENS = 120
LONGEST = 120.0
THREADS = 4
PROCESSES = 2


def train(ended: Event, file: str) -> int:
    """What a training does: small requests all the time, a checkpoint now and then. Gives the number of requests."""
    count = 0
    while not ended.is_set():
        mlflow.MlflowClient().search_experiments()
        if count % 10 == 0:
            MlflowArtifactsRepository("mlflow-artifacts:/workspaces/vision/1/run/artifacts").log_artifact(file)
        count += 1
        time.sleep(0.1)
    return count


def in_threads(ended: Event, file: str) -> tuple[list[int], list[str]]:
    counts: list[int] = []
    failures: list[str] = []

    def run() -> None:
        try:
            counts.append(train(ended, file))
        except BaseException as error:
            failures.append(str(error))

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return counts, failures


def in_a_process(ended: Event, file: str, results: multiprocessing.Queue[object]) -> None:
    results.put(in_threads(ended, file))


@pytest.mark.parametrize("who", ["pipeline", "person"])
def test_no_request_fails(
    request: pytest.FixtureRequest, who: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    platform: FakePlatform = request.getfixturevalue(who)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "7")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "1")
    platform.life = LIFE
    checkpoint = tmp_path / "checkpoint.bin"
    checkpoint.write_bytes(b"x" * 100_000)
    context = multiprocessing.get_context("fork")
    results, ended = context.Queue(), context.Event()
    mlflow.MlflowClient().search_experiments()
    work = (ended, str(checkpoint))
    processes = [context.Process(target=in_a_process, args=(*work, results)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    watching = threading.Thread(target=_end_after, args=(platform, ended))
    watching.start()
    told = [in_threads(*work), *(results.get(timeout=60) for _ in processes)]
    watching.join()
    for process in processes:
        process.join(10)
    assert [failures for _, failures in told] == [[]] * (1 + PROCESSES)
    # Half of the tokens for each kind of identity.
    used = len({token for _, _, token, _ in platform.seen})
    assert used >= TOKENS / 2, f"{used} tokens in {LONGEST:.0f} s"
    # None was asked for in vain: not by each thread, nor, for a person, by each process.
    asked = platform.counts["client_credentials"] + platform.counts["refresh_token"]
    assert asked <= used * 1.1 + 1 + PROCESSES, f"{asked} tokens asked for, {used} used"


def _end_after(platform: FakePlatform, ended: Event) -> None:
    """Ends the training when enough tokens have been used. At one and two thirds of it Keycloak's proxy says that
    nobody is there, for longer than a token lives."""
    answer = platform.keycloak.answer
    deadline = time.monotonic() + LONGEST
    away = [TOKENS / 6, TOKENS / 3]
    while (used := len({token for _, _, token, _ in list(platform.seen)})) < TOKENS / 2:
        if time.monotonic() > deadline:
            break
        if away and used >= away[0]:
            away.pop(0)
            platform.keycloak.answer = lambda request: request.reply(503)
            time.sleep(2 * LIFE)
            platform.keycloak.answer = answer
        time.sleep(0.02)
    ended.set()
