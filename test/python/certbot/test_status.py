"""What people and `npm run status` see."""

import errno
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from certbot_job.address import AddressState
from certbot_job.alarms import alarms
from certbot_job.http import Clock
from certbot_job.ledger import FAILED_ORDERS, Ledger
from certbot_job.pair import Pair
from certbot_job.settings import Settings
from certbot_job.status import StatusFile
from certbot_job.times import now, parse

from conftest import issue, read_json

DAY = timedelta(days=1)


def raised(settings: Settings, **given: Any) -> list[str]:
    values: dict[str, Any] = {
        "published": issue(),
        "publish_error": None,
        "ledger": Ledger(Path("/nowhere")),
        "address": None,
        "clock": Clock(),
    }
    return alarms(settings, **(values | given))


def failing(error: str = "DNS problem: SERVFAIL.", **given: Any) -> Ledger:
    return Ledger(Path("/nowhere"), failures=3, last_error=error, **given)


def test_none_when_all_is_well(settings: Settings) -> None:
    address = AddressState("203.0.113.7", None, now())
    assert raised(settings, address=address) == []
    assert raised(settings, published=issue(lasts=90 * DAY, age=80 * DAY)) == [], "late, but nothing fails"
    assert raised(settings, ledger=failing()) == [], "fails, but there is time"
    assert raised(settings, published=None, ledger=Ledger(Path("/x"), wanted_since=now())) == []
    assert raised(settings, address=AddressState(failing_since=now() - timedelta(minutes=14))) == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"published": None, "ledger": failing(wanted_since=now() - timedelta(minutes=11))},
            ["No certificate since", "SERVFAIL", "temporary", "restart"],
        ),
        (
            {"published": issue(lasts=90 * DAY, age=91 * DAY), "ledger": failing()},
            ["has expired", "SERVFAIL", "refuse", "restart"],
        ),
        (
            {"published": issue(lasts=90 * DAY, age=65 * DAY), "ledger": failing()},
            ["ends in 2", "SERVFAIL", "3 times", "refuse"],
        ),
        ({"published": issue("b.org"), "ledger": failing()}, ["for b.org, not for *.example.duckdns.org"]),
        (
            {"publish_error": "No space left on device"},
            ["could not be published", "No space", "old one", "Make room"],
        ),
        (
            {"ledger": failing(failed_orders=[now()] * FAILED_ORDERS)},
            ["4 orders have failed within an hour", "SERVFAIL", "before 20"],
        ),
        ({"published": issue(age=-DAY)}, ["valid only from", "clock", "NTP"]),
        (
            {"address": AddressState(last_error="KO", failing_since=now() - timedelta(minutes=16))},
            ["example.duckdns.org could not be kept current", "KO", "old address"],
        ),
        (
            {"address": AddressState(ipv6="2001:db8::7", ipv6_lost_since=now() - timedelta(minutes=16))},
            ["2001:db8::7", "DuckDNS page"],
        ),
    ],
    ids=["none", "expired", "ends soon", "other names", "not published", "bound", "clock", "duckdns", "ipv6"],
)
def test_each_alarm_says_cause_consequence_and_next_step(
    settings: Settings, given: dict[str, Any], words: list[str]
) -> None:
    (alarm,) = raised(settings, **given)
    for word in words:
        assert word in alarm
    assert ".." not in alarm


def test_a_clock_that_is_off_is_named_with_its_distance(settings: Settings) -> None:
    clock = Clock()
    clock.ahead, clock.of = timedelta(hours=-3), "ca.test"
    (alarm,) = raised(settings, clock=clock)
    assert "3 h behind that of ca.test" in alarm


def renewal(pair: Pair | None) -> Any:
    ledger = Ledger(Path("/x"), failures=2, last_attempt=now(), last_success=None, last_error="no")
    return SimpleNamespace(ledger=ledger, published=pair, next_attempt=now() + DAY)


def test_the_file_is_as_the_contract_says(settings: Settings) -> None:
    path = settings.published / "status.json"
    pair = issue()
    StatusFile(path, settings).show(renewal(pair), AddressState("203.0.113.7", None, now()), ["wake up"])
    status = read_json(path)
    assert set(status) == {"version", "updated", "certificate", "renewal", "address", "alarms"}
    assert status["version"] == 1 and status["alarms"] == ["wake up"]
    assert status["certificate"] == {
        "issuer": "Test CA",
        "names": ["*.example.duckdns.org"],
        "serial": pair.serial,
        "notBefore": pair.start.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "notAfter": pair.end.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    assert set(status["renewal"]) == {"lastAttempt", "lastSuccess", "lastError", "failures", "nextAttempt"}
    assert status["renewal"]["lastSuccess"] is None and parse(status["renewal"]["nextAttempt"]) is not None
    assert set(status["address"]) == {"domain", "ipv4", "ipv6", "lastUpdate", "lastError", "failingSince"}
    assert oct(path.stat().st_mode & 0o777) == "0o644"


def test_without_certificate_and_duckdns_there_is_null(settings: Settings) -> None:
    path = settings.published / "status.json"
    StatusFile(path, settings).show(renewal(None), None, [])
    assert read_json(path)["certificate"] is None and read_json(path)["address"] is None


def test_it_is_written_on_a_change_and_once_a_minute(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = settings.published / "status.json"
    file, state = StatusFile(path, settings), renewal(issue())
    file.show(state, None, [])
    first = path.stat().st_ino
    file.show(state, None, [])
    assert path.stat().st_ino == first
    file.show(state, None, ["wake up"])
    assert path.stat().st_ino != first
    second = path.stat().st_ino
    later = now() + timedelta(seconds=61)
    monkeypatch.setattr("certbot_job.status.now", lambda: later)
    file.show(state, None, ["wake up"])
    assert path.stat().st_ino != second


def test_a_full_disk_leaves_the_former_file_and_is_told_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, log_lines: Callable[[], str]
) -> None:
    path = settings.published / "status.json"
    file = StatusFile(path, settings)
    file.show(renewal(issue()), None, [])
    before = path.read_text()

    def full(path: Path, content: bytes, mode: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("certbot_job.status.replace_file", full)
    for _ in range(3):
        file.show(renewal(issue()), None, [])
    assert path.read_text() == before
    assert log_lines().count("No space") == 1


def test_alarms_are_logged_when_they_come_and_when_they_go(
    settings: Settings, log_lines: Callable[[], str]
) -> None:
    file = StatusFile(settings.published / "status.json", settings)
    for left in ("3 h", "2 h"):
        file.show(renewal(issue()), None, [f"The certificate ends in {left}"])
    file.show(renewal(issue()), None, [])
    assert log_lines().count("The certificate ends in") == 1
    assert log_lines().count("over: The certificate ends") == 1
