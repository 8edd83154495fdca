"""The process that Certbot runs in, with a Certbot that the tests play."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from threading import Event, Timer

import pytest
from certbot_job.runner import Certbot
from certbot_job.settings import Settings

from conftest import CANARY


class Played:
    """Puts a program in the place of `certbot_job.certbot_main`, and notes what it was given."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self.noted = folder / "noted.json"
        package = folder / "played" / "certbot_job"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        self._main = package / "certbot_main.py"
        monkeypatch.setenv("PYTHONPATH", str(package.parent))

    def does(self, what: str) -> None:
        self._main.write_text(
            "import json, os, signal, sys, time\n"
            f"json.dump({{'argv': sys.argv[1:], 'env': dict(os.environ)}}, open({str(self.noted)!r}, 'w'))\n"
            "def outcome(ordered, error): json.dump({'ordered': ordered, 'error': error}, open(sys.argv[1], 'w'))\n"
            + what
        )


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Played:
    return Played(tmp_path, monkeypatch)


def run(settings: Settings, stop: Event | None = None, force: bool = False):  # type: ignore[no-untyped-def]
    return Certbot(settings, stop or Event(), lambda: None).run(force)


def test_a_good_run(settings: Settings, played: Played) -> None:
    played.does("outcome(True, None)")
    assert (run(settings).ordered, run(settings).error) == (True, None)


def test_a_failed_run_says_what_the_ca_said(settings: Settings, played: Played) -> None:
    played.does(
        "print('  Domain: example.duckdns.org\\n  Type:   unauthorized\\n  Detail: No TXT record found\\n')\n"
        "outcome(True, 'Some challenges have failed.')\nsys.exit(1)"
    )
    outcome = run(settings)
    assert outcome.ordered
    assert outcome.error == "No TXT record found / Some challenges have failed."


def test_a_run_that_dies_counts_as_an_order(settings: Settings, played: Played) -> None:
    played.does("print('Segmentation fault'); sys.stdout.flush(); os.kill(os.getpid(), signal.SIGKILL)")
    outcome = run(settings)
    assert outcome.ordered
    assert "code -9" in (outcome.error or "") and "Segmentation fault" in (outcome.error or "")


def test_an_outcome_of_the_run_before_does_not_count(settings: Settings, played: Played) -> None:
    played.does("outcome(False, None)")
    run(settings)
    played.does("sys.exit(1)")
    assert run(settings).error is not None


def test_sigterm_ends_a_run_within_seconds_even_one_that_does_not_listen(
    settings: Settings, played: Played
) -> None:
    for deaf in ("", "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"):
        played.does(f"{deaf}open(sys.argv[1] + '.up', 'w')\ntime.sleep(60)")
        stop = Event()
        Timer(1.5, stop.set).start()
        began = time.monotonic()
        assert "stopped" in (run(settings, stop).error or "")
        assert time.monotonic() - began < 9


def test_a_run_without_end_is_ended(
    settings: Settings, played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("certbot_job.runner.RUN_SECONDS", 0.5)
    played.does("time.sleep(60)")
    assert "was ended" in (run(settings).error or "")


def test_neither_arguments_nor_environment_hold_the_token(settings: Settings, played: Played) -> None:
    played.does("outcome(False, None)")
    run(settings)
    noted = played.noted.read_text()
    assert settings.token() == CANARY
    assert "canary" not in noted
    arguments = json.loads(noted)["argv"]
    assert arguments[1] == "certonly"
    assert ["--authenticator", "dns-duckdns"] == arguments[arguments.index("--authenticator") :][:2]
    assert arguments[-2:] == ["--domain", "*.example.duckdns.org"]


def test_an_order_is_forced_only_when_asked_for(settings: Settings, played: Played) -> None:
    played.does("outcome(False, None)")
    for force, flag, other in (
        (False, "--keep-until-expiring", "--force-renewal"),
        (True, "--force-renewal", "--keep-until-expiring"),
    ):
        run(settings, force=force)
        arguments = json.loads(played.noted.read_text())["argv"]
        assert flag in arguments and other not in arguments


def test_http_challenges_go_where_nginx_looks(settings: Settings, played: Played) -> None:
    played.does("outcome(False, None)")
    run(replace(settings, challenge="http", names=("a.org", "b.org"), email="me@a.org"))
    arguments = json.loads(played.noted.read_text())["argv"]
    assert arguments[arguments.index("--webroot-path") + 1] == str(settings.published / "challenges")
    assert arguments[arguments.index("--email") + 1] == "me@a.org"
    assert [arguments[i + 1] for i, word in enumerate(arguments) if word == "--domain"] == ["a.org", "b.org"]


def test_the_real_certbot_takes_these_arguments(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed port is as far as it gets, and it must not fail before."""
    for name, value in {
        "ACME_SERVER": "http://127.0.0.1:9/dir",
        "ACME_CHALLENGE": "http",
        "CERTIFICATE_NAMES": "a.org",
    }.items():
        monkeypatch.setenv(name, value)
    (settings.published / "challenges").mkdir()
    outcome = run(replace(settings, server="http://127.0.0.1:9/dir", challenge="http", names=("a.org",)))
    assert not outcome.ordered
    assert "127.0.0.1" in (outcome.error or "") and "refused" in (outcome.error or "")
    assert os.listdir(settings.runtime / "certbot/logs")
