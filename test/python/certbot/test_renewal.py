"""When orders are made, and above all when not."""

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from certbot_job.ledger import FAILED_ORDERS, Ledger
from certbot_job.pair import Pair
from certbot_job.runner import Outcome
from certbot_job.times import now

from bench import DIRECTORY, FAILED, Bench
from conftest import Service, issue


def test_the_first_certificate_is_ordered_and_published(bench: Bench, log_lines: Callable[[], str]) -> None:
    bench.issues()
    bench.renewal.round()
    assert bench.runs == [False]
    published = bench.publisher.current()
    assert published is not None and published.names == {"*.example.duckdns.org"}
    assert f"renewal: new certificate serial {published.serial}" in log_lines()
    assert "published as release 1" in log_lines()


def test_nothing_is_ordered_between_checks_nor_in_any_case_while_it_is_valid(bench: Bench) -> None:
    bench.store(issue())
    for _ in range(5):
        bench.renewal.round()
    assert bench.runs == [False]
    bench.restart().round()
    assert bench.runs == [False, False]


@pytest.mark.parametrize(
    ("stored", "server"),
    [
        (lambda: issue("other.example.duckdns.org"), None),
        (lambda: issue("*.example.duckdns.org", "example.duckdns.org"), None),
        (lambda: issue(), "https://staging.test/dir"),
        (lambda: issue(lasts=timedelta(days=2), age=timedelta(days=3)), None),
    ],
    ids=["other names", "more names", "another CA", "expired"],
)
def test_a_certificate_that_is_not_the_wanted_one_is_replaced_at_once(
    bench: Bench, stored: Callable[[], Pair], server: str | None
) -> None:
    bench.store(stored(), server)
    bench.issues()
    bench.renewal.round()
    assert bench.runs == [True]
    published = bench.publisher.current()
    assert (
        published is not None and published.names == frozenset(bench.settings.names) and published.end > now()
    )
    bench.due_now()
    bench.outcome = lambda force: Outcome(False, None)
    bench.renewal.round()
    assert bench.runs == [True, False]


@pytest.mark.parametrize(
    ("lifetime", "most"),
    [
        (timedelta(seconds=60), timedelta(seconds=5)),
        (timedelta(seconds=120), timedelta(seconds=10)),
        (timedelta(days=6), timedelta(hours=6)),
        (timedelta(days=90), timedelta(hours=6)),
    ],
)
def test_checks_come_as_often_as_the_lifetime_needs_but_at_least_four_times_a_day(
    bench: Bench, lifetime: timedelta, most: timedelta
) -> None:
    bench.store(issue(lasts=lifetime))
    waits = []
    for _ in range(8):
        bench.due_now()
        bench.renewal.round()
        waits.append(bench.wait())
    assert max(waits) <= most
    assert min(waits) > min(most * 0.75, timedelta(seconds=4))
    assert most == timedelta(seconds=5) or len({wait.seconds for wait in waits}) > 1


def test_a_dead_ca_costs_no_order_and_is_asked_again_soon(
    bench: Bench, service: Service, log_lines: Callable[[], str]
) -> None:
    service.answer = lambda path, query: (503, "")
    waits = []
    for _ in range(12):
        bench.due_now()
        bench.renewal.round()
        waits.append(bench.wait())
    assert bench.runs == []
    assert timedelta(seconds=10) < waits[0] < timedelta(seconds=16) < waits[1] < timedelta(seconds=31)
    assert max(waits) <= timedelta(minutes=10)
    assert bench.renewal.ledger.free_from() is None
    assert "the CA is out of order" in log_lines()
    service.answer = lambda path, query: (200, DIRECTORY)
    bench.issues()
    bench.due_now()
    bench.renewal.round()
    assert bench.publisher.current() is not None
    assert bench.renewal.ledger.failures == 0


def test_orders_that_fail_are_few_in_an_hour_whatever_restarts(
    bench: Bench, log_lines: Callable[[], str]
) -> None:
    bench.outcome = lambda force: FAILED
    for _ in range(20):
        bench.restart()
        for _ in range(3):
            bench.due_now()
            bench.renewal.round()
    assert len(bench.runs) == FAILED_ORDERS
    assert timedelta(minutes=55) < bench.wait() <= timedelta(minutes=61)
    assert "too many orders have failed within an hour" in log_lines()


def test_failing_orders_are_repeated_ever_later_up_to_six_hours(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Ledger, "free_from", lambda self: None)
    bench.outcome = lambda force: FAILED
    waits = []
    for _ in range(14):
        bench.due_now()
        bench.renewal.round()
        waits.append(bench.wait())
    assert waits[0] < timedelta(seconds=16) and waits[2] < timedelta(seconds=61)
    assert timedelta(hours=4) < waits[-1] <= timedelta(hours=6)
    assert len({wait.seconds for wait in waits[-4:]}) > 1


def test_the_old_certificate_goes_on_serving_while_renewals_fail(
    bench: Bench, log_lines: Callable[[], str]
) -> None:
    old = issue(lasts=timedelta(days=90), age=timedelta(days=80))
    bench.store(old)
    bench.outcome = lambda force: FAILED
    bench.renewal.round()
    assert bench.publisher.current() == old
    assert "The present certificate goes on serving" in log_lines()


def test_duckdns_being_away_counts_as_no_order(bench: Bench) -> None:
    bench.outcome = lambda force: Outcome(False, "No order was made: DuckDNS did not take the TXT record")
    for _ in range(8):
        bench.due_now()
        bench.renewal.round()
    assert len(bench.runs) == 8
    assert bench.wait() <= timedelta(minutes=10)


def test_an_order_whose_result_could_not_be_stored_is_not_made(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(bench.settings.state)
    monkeypatch.setattr("certbot_job.renewal.shutil.disk_usage", lambda path: usage._replace(free=1000))
    bench.renewal.round()
    assert bench.runs == []
    assert "make room" in (bench.renewal.ledger.last_error or "")


def test_a_clock_that_makes_each_new_certificate_an_expired_one_causes_no_flood(bench: Bench) -> None:
    for _ in range(10):
        bench.issues(issue(lasts=timedelta(days=1), age=timedelta(days=2)))
        bench.due_now()
        bench.renewal.round()
    assert len(bench.runs) == FAILED_ORDERS
    assert bench.renewal.ledger.last_error is not None and "expired" in bench.renewal.ledger.last_error


@pytest.mark.parametrize(
    "text",
    [
        "urn:ietf:params:acme:error:accountDoesNotExist :: The account does not exist",
        "Account https://pebble:14000/my-account/3 not found.",
    ],
)
def test_an_account_that_the_ca_forgot_is_made_anew(bench: Bench, text: str) -> None:
    (bench.settings.state / "accounts").mkdir()
    bench.outcome = lambda force: Outcome(True, text)
    bench.renewal.round()
    assert not (bench.settings.state / "accounts").exists()
    bench.issues()
    bench.due_now()
    bench.renewal.round()
    assert bench.publisher.current() is not None


def test_a_clock_set_back_does_not_stop_the_checks(bench: Bench) -> None:
    bench.store(issue())
    bench.renewal.next_attempt = now() + timedelta(days=30)
    bench.renewal.round()
    assert bench.runs == [False]
    assert isinstance(bench.renewal.next_attempt, datetime) and bench.wait() < timedelta(hours=7)


def test_a_short_lived_certificate_has_no_time_for_long_pauses(bench: Bench, service: Service) -> None:
    bench.store(issue(lasts=timedelta(seconds=90)))
    bench.renewal.round()
    service.answer = lambda path, query: (503, "")
    for _ in range(9):
        bench.due_now()
        bench.renewal.round()
        assert bench.wait() <= timedelta(seconds=30)


def test_orders_after_an_outage_begin_with_quick_tries(bench: Bench, service: Service) -> None:
    service.answer = lambda path, query: (503, "")
    for _ in range(9):
        bench.due_now()
        bench.renewal.round()
    service.answer = lambda path, query: (200, DIRECTORY)
    bench.outcome = lambda force: FAILED
    bench.due_now()
    bench.renewal.round()
    assert bench.wait() <= timedelta(seconds=15)
