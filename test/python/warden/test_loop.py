"""Failures are told once, alarms after a minute, and the health command knows."""

import json
import threading
import time
from pathlib import Path

import pytest
from warden import health
from warden.loop import POLL_SECONDS, WAIT_SECONDS, Loop

from conftest import Bench
from platform_world import World


@pytest.fixture
def loop(world: World, bench: Bench, status_file: Path) -> Loop:
    world.add_user("vera", "mlflow-users", "vision")
    return Loop(bench.warden, bench.report, threading.Event())


def test_healthy_after_a_round(world: World, loop: Loop) -> None:
    assert health.problem() == "the realm has not been read yet"
    assert loop.step() == POLL_SECONDS
    assert health.problem() is None
    assert health.summary().endswith("1 users, 1 accounts, 0 subjects denied")


def test_failures_are_told_once_and_waits_grow(world: World, loop: Loop) -> None:
    loop.step()
    world.broken["GET /keycloak"] = (500, b"")
    waits = [loop.step() for _ in range(5)]
    assert waits[0] == POLL_SECONDS and waits[-1] == WAIT_SECONDS
    assert [name for name, _ in world.names()] == ["error"]
    assert health.problem() is None
    world.broken.clear()
    loop.step()
    assert [name for name, _ in world.names()] == ["error", "recovered"]


def test_alarm_and_ill_health_after_a_minute(world: World, loop: Loop) -> None:
    loop.step()
    loop._success = time.time() - 61
    world.broken["GET /keycloak"] = (500, b"")
    loop.step()
    loop.step()
    alarms = [one for one in world.told if one["event"] == "alarm"]
    assert len(alarms) == 1 and "Keycloak" in alarms[0]["detail"]["alarm"]
    problem = health.problem()
    assert problem is not None and "Keycloak: GET /admin-events answered 500" in problem


def test_what_nobody_thought_of_does_not_end_it(
    world: World, bench: Bench, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(bench.warden, "round", broken)
    assert loop.step() == POLL_SECONDS
    assert world.told[-1]["detail"]["error"].startswith("unexpected ZeroDivisionError")


def test_no_secret_is_told(world: World, loop: Loop, capsys: pytest.CaptureFixture[str]) -> None:
    for start in ("POST /keycloak/realms", "GET /minio-host", "GET /mlflow"):
        world.broken = {start: (500, b"canary-0f3b canary-77aa token-of-the-warden")}
        loop._warden._keycloak._token_until = 0.0
        loop.step()
    said = capsys.readouterr().out + json.dumps(world.told)
    assert "error" in said
    assert "canary" not in said and "token-of-the-warden" not in said
