"""A training of two hours with tokens of 60 seconds, in seconds: 120 lives of a token, in threads and forked processes,
and a Keycloak that is away twice."""

from __future__ import annotations

import multiprocessing
import threading
import time
from pathlib import Path

import mlflow
import pytest
from fake_platform import FakePlatform
from mlflow.store.artifact.mlflow_artifacts_repo import MlflowArtifactsRepository

LIFE = 0.25
LIVES = 120
THREADS = 4
PROCESSES = 2


def train(until: float, file: str) -> int:
    """What a training does: small requests all the time, a checkpoint now and then. Gives the number of requests."""
    count = 0
    while time.time() < until:
        mlflow.MlflowClient().search_experiments()
        if count % 10 == 0:
            MlflowArtifactsRepository("mlflow-artifacts:/workspaces/vision/1/run/artifacts").log_artifact(file)
        count += 1
        time.sleep(0.05)
    return count


def in_threads(until: float, file: str) -> tuple[list[int], list[str]]:
    counts: list[int] = []
    failures: list[str] = []

    def run() -> None:
        try:
            counts.append(train(until, file))
        except BaseException as error:
            failures.append(str(error))

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return counts, failures


def in_a_process(until: float, file: str, results: multiprocessing.Queue[object]) -> None:
    results.put(in_threads(until, file))


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
    # Shared by both kinds: half of the lives each.
    until = time.time() + LIFE * LIVES / 2
    mlflow.MlflowClient().search_experiments()
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    processes = [context.Process(target=in_a_process, args=(until, str(checkpoint), results)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    away = threading.Thread(target=_away_now_and_then, args=(platform, until))
    away.start()
    told = [in_threads(until, str(checkpoint)), *(results.get(timeout=60) for _ in processes)]
    away.join()
    for process in processes:
        process.join(10)
    assert [failures for _, failures in told] == [[]] * (1 + PROCESSES)
    requests = sum(sum(counts) for counts, _ in told)
    used = {token for _, _, token, _ in platform.seen}
    assert requests > 500 and len(used) >= LIVES / 2, f"{requests} requests with {len(used)} tokens"
    asked = platform.counts["client_credentials"] + platform.counts["refresh_token"]
    # A token is used for two thirds of its life; each process of a service account has its own.
    most = LIVES / 2 * 1.5 * (1 + PROCESSES if who == "pipeline" else 1)
    assert asked <= most * 1.3, f"{asked} tokens, {most:.0f} needed"


def _away_now_and_then(platform: FakePlatform, until: float) -> None:
    """Twice, for longer than a token lives, Keycloak's proxy says that nobody is there."""
    answer = platform.keycloak.answer
    for _ in range(2):
        time.sleep((until - time.time()) / 3)
        platform.keycloak.answer = lambda request: request.reply(503)
        time.sleep(2 * LIFE)
        platform.keycloak.answer = answer
