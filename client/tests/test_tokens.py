"""One token for many threads, renewed ahead of its end, on machines that sleep and fork."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

import pytest

from mlflow_platform_client.clock import Moment
from mlflow_platform_client.errors import NotSignedInError, UnreachableError
from mlflow_platform_client.grants import Grant
from mlflow_platform_client.tokens import Holder, due, spent

AWAY = UnreachableError("Keycloak is away", "Nothing was sent", "wait")


class Numbered:
    """Gives tokens 1, 2, 3 …; `before` is called with the number and may wait or fail."""

    def __init__(self, life: float, before: Callable[[int], None] = lambda number: None) -> None:
        self.life = life
        self.before = before
        self.calls: list[tuple[str | None, bool]] = []

    def fetch(self, refused: str | None, patient: bool) -> Grant:
        self.calls.append((refused, patient))
        number = len(self.calls)
        taken = Moment()
        self.before(number)
        return Grant(str(number), self.life, taken)


def in_threads(count: int, work: Callable[[], str]) -> list[str | Exception]:
    start, results = threading.Barrier(count), []

    def run() -> None:
        start.wait()
        try:
            results.append(work())
        except Exception as error:
            results.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    return results


def test_many_threads_cause_one_request() -> None:
    source = Numbered(60, before=lambda number: time.sleep(0.1))
    holder = Holder(source)
    assert in_threads(50, lambda: holder.get().access_token) == ["1"] * 50
    assert source.calls == [(None, True)]


def test_a_refused_token_is_replaced_once_for_all_threads() -> None:
    source = Numbered(60, before=lambda number: time.sleep(0.1))
    holder = Holder(source)
    first = holder.get().access_token
    assert in_threads(50, lambda: holder.renew(first).access_token) == ["2"] * 50
    assert source.calls == [(None, True), ("1", True)]


@pytest.mark.parametrize("life", [3600.0, 300.0, 60.0, 3.0])
def test_renews_at_two_thirds_of_any_life(life: float) -> None:
    now = Moment()

    def aged(part: float) -> Grant:
        return Grant("t", life, Moment(now.monotonic - part * life, now.wall - part * life))

    assert not due(aged(0.6)) and due(aged(0.7))
    assert not spent(aged(0.85)) and spent(aged(0.999))


def test_others_go_on_with_a_valid_token_while_one_renews() -> None:
    gate = threading.Event()
    source = Numbered(60, before=lambda number: gate.wait(5) and None if number == 2 else None)
    holder = Holder(source)
    holder.get()
    holder._grant = Grant("1", 60, Moment(time.monotonic() - 45, time.time() - 45))
    renewing = threading.Thread(target=holder.get)
    renewing.start()
    while len(source.calls) < 2:
        time.sleep(0.001)
    assert in_threads(10, lambda: holder.get().access_token) == ["1"] * 10
    gate.set()
    renewing.join(5)
    assert holder.get().access_token == "2"
    # Nobody waits minutes for what is not needed yet.
    assert source.calls[1] == (None, False)


def test_a_valid_token_bridges_a_keycloak_that_is_away() -> None:
    def fails(number: int) -> None:
        if number > 1:
            raise AWAY

    source = Numbered(60, before=fails)
    holder = Holder(source)
    holder.get()
    holder._grant = Grant("1", 60, Moment(time.monotonic() - 45, time.time() - 45))
    assert [holder.get().access_token for _ in range(5)] == ["1"] * 5
    assert len(source.calls) == 2, "it must not be asked at each request"


def test_a_final_no_is_not_bridged() -> None:
    def refuses(number: int) -> None:
        if number > 1:
            raise NotSignedInError("revoked", "no", "login")

    holder = Holder(Numbered(60, before=refuses))
    holder.get()
    holder._grant = Grant("1", 60, Moment(time.monotonic() - 45, time.time() - 45))
    with pytest.raises(NotSignedInError):
        holder.get()


def test_threads_that_waited_share_the_failure() -> None:
    def fails(number: int) -> None:
        time.sleep(0.2)
        raise AWAY

    source = Numbered(60, before=fails)
    holder = Holder(source)
    failures = in_threads(20, lambda: holder.get().access_token)
    assert all(isinstance(failure, UnreachableError) for failure in failures) and len(failures) == 20
    assert len(source.calls) == 1, "20 attempts in turn would take 20 times as long"


def test_a_laptop_that_slept_renews(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Numbered(60)
    holder = Holder(source)
    holder.get()
    wall = time.time
    # While it sleeps the monotonic clock stands still.
    monkeypatch.setattr(time, "time", lambda: wall() + 3600)
    assert holder.get().access_token == "2"


def test_a_clock_that_is_set_back_keeps_no_token_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Numbered(60)
    holder = Holder(source)
    holder.get()
    wall, monotonic = time.time, time.monotonic
    monkeypatch.setattr(time, "time", lambda: wall() - 3600)
    monkeypatch.setattr(time, "monotonic", lambda: monotonic() + 61)
    assert holder.get().access_token == "2"


def test_a_child_forked_while_a_thread_renews_is_not_stuck() -> None:
    gate = threading.Event()
    parent = os.getpid()
    source = Numbered(60, before=lambda number: gate.wait(5) and None if os.getpid() == parent else None)
    holder = Holder(source)
    renewing = threading.Thread(target=holder.get)
    renewing.start()
    while not source.calls:
        time.sleep(0.001)
    child = os.fork()
    if child == 0:
        answer = holder.get().access_token
        os._exit(0 if answer == "2" else 1)
    deadline = time.monotonic() + 5
    ended = (0, 0)
    while ended[0] == 0 and time.monotonic() < deadline:
        ended = os.waitpid(child, os.WNOHANG)
        time.sleep(0.01)
    if ended[0] == 0:
        os.kill(child, 9)
        os.waitpid(child, 0)
    gate.set()
    renewing.join(5)
    assert ended == (child, 0)


def test_who_has_time_is_not_told_of_an_attempt_that_had_none() -> None:
    entered, gate = threading.Event(), threading.Event()

    def fails_once(number: int) -> None:
        if number == 2:
            entered.set()
            gate.wait(5)
            raise AWAY

    source = Numbered(60, before=fails_once)
    holder = Holder(source)
    holder.get()
    holder._grant = Grant("1", 60, Moment(time.monotonic() - 45, time.time() - 45))
    renewing = threading.Thread(target=holder.get)
    renewing.start()
    entered.wait(5)
    # Meanwhile the token runs out.
    holder._grant = Grant("1", 60, Moment(time.monotonic() - 61, time.time() - 61))
    late: list[str] = []
    waiting = threading.Thread(target=lambda: late.append(holder.get().access_token))
    waiting.start()
    gate.set()
    renewing.join(5)
    waiting.join(5)
    assert late == ["3"] and source.calls[2] == (None, True)
