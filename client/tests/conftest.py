from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from fake_platform import FakePlatform

import mlflow_platform_client.discovery as discovery
import mlflow_platform_client.sources as sources
from mlflow_platform_client import settings
from mlflow_platform_client.session import Session, session_file

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No variable, file or memory of anybody else, and no patience but where a test wants it."""
    for name in list(os.environ):
        if name.startswith(("MLFLOW_", "AWS_")) or name in settings.CA_VARIABLES or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    yield
    # MLflow's own way of setting the team outlives a test.
    os.environ.pop("MLFLOW_WORKSPACE", None)
    from mlflow.utils.workspace_context import set_workspace

    set_workspace(None)
    discovery._known.clear()
    sources._known.clear()


@pytest.fixture
def platform() -> Iterator[FakePlatform]:
    fake = FakePlatform()
    yield fake
    fake.close()


@pytest.fixture
def tracked(platform: FakePlatform, monkeypatch: pytest.MonkeyPatch) -> FakePlatform:
    """The platform as MLflow's tracking server."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", platform.url)
    monkeypatch.setenv("MLFLOW_TRACKING_AUTH", "mlflow-platform")
    return platform


@pytest.fixture
def pipeline(tracked: FakePlatform, monkeypatch: pytest.MonkeyPatch) -> FakePlatform:
    """The same, used by a service account."""
    monkeypatch.setenv("MLFLOW_PLATFORM_CLIENT_ID", "vision-ci")
    monkeypatch.setenv("MLFLOW_PLATFORM_CLIENT_SECRET", "right")
    return tracked


@pytest.fixture
def person(tracked: FakePlatform) -> FakePlatform:
    """The same, used by a person who has signed in; the access token is old."""
    sign_in(tracked)
    return tracked


def sign_in(platform: FakePlatform, team: str | None = None) -> None:
    """Leaves what `mlflow-platform login` leaves, an hour ago."""
    session = Session(platform.url, platform.issuer, platform.refresh_token(), "old", 0.0, 60.0, team)
    session_file(platform.url).write(asdict(session))


@pytest.fixture
def command() -> Command:
    """Runs `mlflow-platform` as a process of its own."""

    def run(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "mlflow_platform_client", *args],
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def last_lines(error: str) -> list[str]:
    """What a person reads: cause, consequence, next step."""
    assert "Traceback" not in error
    return error.strip().splitlines()[-3:]
