"""The whole process, as the container runs it."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event, Timer

import pytest
from certbot_job import heartbeat
from certbot_job.job import Job, _only_one
from certbot_job.settings import Settings

from conftest import Service, read_json

START = """
import dataclasses, sys
from pathlib import Path
import certbot_job.settings as settings
from certbot_job import cli
folder = Path(sys.argv.pop(1))
read = settings.from_environment
settings.from_environment = lambda: dataclasses.replace(
    read(), state=folder / "state", published=folder / "published", runtime=folder / "runtime"
)
cli.main()
"""


def test_ends_within_seconds_of_sigterm_and_leaves_a_status(settings: Settings, tmp_path: Path) -> None:
    env = os.environ | {
        "ACME_SERVER": "http://127.0.0.1:9/dir",
        "ACME_CHALLENGE": "http",
        "CERTIFICATE_NAMES": "a.example.org",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", START, str(tmp_path)],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        status = settings.published / "status.json"
        deadline = time.monotonic() + 20
        while not status.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert read_json(status)["renewal"]["lastError"].startswith("the CA cannot be reached")
        assert heartbeat.problem(settings.runtime) is None
        assert (settings.published / "challenges/.well-known/acme-challenge").is_dir()
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=8)
    finally:
        process.kill()
    assert process.returncode == 0, output
    assert "no order was made" in output
    assert output.splitlines()[-1].endswith("job: ended")
    assert not list(settings.published.rglob("*.new*"))


def test_what_nobody_thought_of_does_not_end_it(
    settings: Settings, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("certbot_job.job.RETRY_FIRST", timedelta(0))
    monkeypatch.setattr("certbot_job.job.ROUND_SECONDS", 0.05)
    stop = Event()
    job = Job(replace(settings, server=f"{service.url}/dir"), stop)
    rounds = []

    def broken() -> None:
        rounds.append(1)
        if len(rounds) == 3:
            stop.set()
        raise RuntimeError("boom")

    monkeypatch.setattr(job._renewal, "round", broken)
    job.run()
    assert len(rounds) == 3
    assert "RuntimeError" in (job._renewal.ledger.last_error or "")


def test_only_one_works_with_the_same_state(settings: Settings) -> None:
    with _only_one(settings.state, settings.runtime, Event()):
        stop = Event()
        began = time.monotonic()
        Timer(0.3, stop.set).start()
        with _only_one(settings.state, settings.runtime, stop):
            assert time.monotonic() - began >= 0.3, "it has waited until it was stopped"
    with _only_one(settings.state, settings.runtime, Event()):
        pass


def test_healthy_is_a_fresh_sign_of_life(settings: Settings) -> None:
    assert "not begun" in (heartbeat.problem(settings.runtime) or "")
    heartbeat.beat(settings.runtime)
    assert heartbeat.problem(settings.runtime) is None
    old = time.time() - heartbeat.STALE_SECONDS - 1
    os.utime(settings.runtime / "heartbeat", (old, old))
    assert "61 s old" in (heartbeat.problem(settings.runtime) or "")


def test_the_health_command_fails_without_a_job() -> None:
    code = "from certbot_job.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", code, "healthy"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "certbot-job:" in ended.stderr


def test_an_unknown_command_is_refused() -> None:
    code = "from certbot_job.cli import main; main()"
    ended = subprocess.run([sys.executable, "-c", code, "renew"], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "run and healthy" in ended.stderr
