from datetime import timedelta
from pathlib import Path

import pytest
from certbot_job.ledger import FAILED_ORDERS, Ledger
from certbot_job.times import now

from conftest import read_json


def fail(ledger: Ledger, times: int) -> None:
    for _ in range(times):
        ledger.begin()
        ledger.end("no", ordered=True)


def test_four_failing_orders_are_the_most_and_a_restart_gives_no_more(tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    fail(Ledger.load(path), FAILED_ORDERS - 1)
    assert Ledger.load(path).free_from() is None
    fail(Ledger.load(path), 1)
    free = Ledger.load(path).free_from()
    assert free is not None
    assert timedelta(minutes=59) < free - now() <= timedelta(hours=1)


def test_a_killed_order_counts(tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    for _ in range(FAILED_ORDERS):
        Ledger.load(path).begin()
    assert Ledger.load(path).free_from() is not None


def test_neither_successes_nor_failures_without_an_order_count(tmp_path: Path) -> None:
    ledger = Ledger.load(tmp_path / "ledger.json")
    for _ in range(9):
        ledger.begin()
        ledger.end(None, ordered=True)
        ledger.begin()
        ledger.end("DuckDNS is away", ordered=False)
    assert ledger.free_from() is None
    assert ledger.last_error == "DuckDNS is away"


def test_a_success_between_does_not_forget_the_failures_of_the_hour(tmp_path: Path) -> None:
    ledger = Ledger.load(tmp_path / "ledger.json")
    fail(ledger, FAILED_ORDERS)
    ledger.begin()
    ledger.end(None, ordered=True)
    assert ledger.failures == 0
    assert ledger.free_from() is not None


def test_old_failures_are_forgotten(tmp_path: Path) -> None:
    ledger = Ledger.load(tmp_path / "ledger.json")
    fail(ledger, FAILED_ORDERS)
    ledger.failed_orders = [time - timedelta(minutes=61) for time in ledger.failed_orders]
    assert ledger.free_from() is None
    ledger.save()
    assert read_json(tmp_path / "ledger.json")["failed_orders"] == []


def test_a_clock_set_back_locks_for_an_hour_at_most(tmp_path: Path) -> None:
    ledger = Ledger.load(tmp_path / "ledger.json")
    fail(ledger, FAILED_ORDERS)
    ledger.failed_orders = [time + timedelta(days=300) for time in ledger.failed_orders]
    free = ledger.free_from()
    assert free is not None and free - now() <= timedelta(hours=1)
    ledger.failed_orders = [time - timedelta(hours=1) for time in ledger.failed_orders]
    assert ledger.free_from() is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"failed_orders": 3}', "null"])
def test_a_broken_one_begins_anew(tmp_path: Path, content: str) -> None:
    path = tmp_path / "ledger.json"
    path.write_text(content)
    ledger = Ledger.load(path)
    assert ledger.failed_orders == []
    fail(ledger, 1)
    assert len(Ledger.load(path).failed_orders) == 1


def test_what_cannot_be_noted_is_not_begun(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "no-such-folder/ledger.json")
    with pytest.raises(OSError):
        ledger.begin()
    assert ledger.failed_orders == []


def test_an_order_under_way_has_not_failed(tmp_path: Path) -> None:
    ledger = Ledger.load(tmp_path / "ledger.json")
    fail(ledger, FAILED_ORDERS - 1)
    ledger.begin()
    assert ledger.free_from() is None
    ledger.end("no", ordered=True)
    assert ledger.free_from() is not None
