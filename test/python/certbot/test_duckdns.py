"""Every kind of answer that DuckDNS gives, and that none of them brings the token to light."""

import logging
import random
import traceback
from collections.abc import Callable
from urllib.parse import quote

import certbot_job.http as job_http
import pytest
from certbot_job.duckdns import ATTEMPTS, DuckDns, DuckDnsError
from certbot_job.http import Clock, Http

from conftest import CANARY, Service


def client(service: Service) -> DuckDns:
    return DuckDns(service.url, "example", lambda: CANARY, Http())


def test_sends_domain_token_and_both_addresses(service: Service) -> None:
    service.answer = lambda path, query: (200, "OK\n203.0.113.7\n2001:db8::7\nUPDATED")
    client(service).update("203.0.113.7", "2001:db8::7")
    assert service.calls == [
        {
            "/": "/update",
            "domains": "example",
            "token": CANARY,
            "ip": "203.0.113.7",
            "ipv6": "2001:db8::7",
            "verbose": "true",
        }
    ]


def test_leaves_the_other_family_alone(service: Service) -> None:
    client(service).update(None, "2001:db8::7")
    assert "ip" not in service.calls[0]


def test_never_sends_no_address_since_duckdns_would_take_the_callers(service: Service) -> None:
    with pytest.raises(ValueError):
        client(service).update(None, None)
    assert service.calls == []


def test_an_ok_that_kept_another_address_is_a_failure(service: Service) -> None:
    service.answer = lambda path, query: (200, "OK\n198.51.100.1\n\nNOCHANGE")
    with pytest.raises(DuckDnsError, match="kept another address"):
        client(service).update("203.0.113.7", None)


def test_sets_and_clears_the_one_txt_record(service: Service) -> None:
    client(service).set_txt("value")
    client(service).clear_txt()
    assert [(call["txt"], call.get("clear")) for call in service.calls] == [("value", None), ("", "true")]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((200, "KO"), "token and domain do not belong together"),
        ((200, "<html>OK, soon back</html>"), "a page instead of OK or KO"),
        ((200, ""), "a page instead of OK or KO"),
        ((200, "OKAY"), "a page instead of OK or KO"),
        ((404, "OK"), "HTTP status 404"),
        ((302, ""), "HTTP status 302"),
        ((500, ""), "HTTP status 500"),
        ((0, ""), "silence for"),
    ],
)
def test_a_bad_answer_is_tried_again_and_then_named(
    service: Service, monkeypatch: pytest.MonkeyPatch, answer: tuple[int, str], says: str
) -> None:
    monkeypatch.setattr(job_http, "READ_SECONDS", 0.2)
    service.answer = lambda path, query: answer
    with pytest.raises(DuckDnsError, match=says) as failure:
        client(service).set_txt("value")
    assert len(service.calls) == ATTEMPTS
    assert CANARY not in text_of(failure.value)


def test_a_third_of_the_answers_may_fail(service: Service) -> None:
    chance = random.Random(7)
    bad = [(200, "KO"), (200, "<html>"), (404, "")]
    failed = 0

    def answer(path: str, query: dict[str, str]) -> tuple[int, str]:
        nonlocal failed
        if chance.random() < 0.3:
            failed += 1
            return chance.choice(bad)
        return (200, "OK")

    service.answer = answer
    for number in range(50):
        client(service).set_txt(str(number))
    assert failed > 5


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9", "http://no-such-host.invalid", "https://127.0.0.1:{port}"]
)
def test_no_connection_is_named_without_the_token(service: Service, url: str) -> None:
    api = url.format(port=service.url.rsplit(":", 1)[1])
    with pytest.raises(DuckDnsError, match="no answer from") as failure:
        DuckDns(api, "example", lambda: CANARY, Http()).set_txt("value")
    assert CANARY not in text_of(failure.value)
    assert "/update" not in text_of(failure.value)


def test_a_log_of_everything_has_no_token(service: Service, log_lines: Callable[[], str]) -> None:
    service.answer = lambda path, query: (200, "KO " + query["token"])
    try:
        client(service).set_txt("value")
    except DuckDnsError:
        logging.getLogger("x").exception("failed with %s and %s", CANARY, quote(CANARY, safe=""))
    assert "failed with [secret] and [secret]" in log_lines()
    assert "canary" not in log_lines()


def test_follows_no_redirect_that_would_take_the_token_elsewhere(service: Service) -> None:
    service.answer = lambda path, query: (302, "")
    with pytest.raises(DuckDnsError):
        client(service).clear_txt()
    assert {call["/"] for call in service.calls} == {"/update"}


def test_the_clock_of_the_other_side_is_seen(service: Service) -> None:
    clock = Clock()
    Http(clock).get(service.url)
    assert clock.ahead is not None and abs(clock.ahead.total_seconds()) < 5
    assert clock.of in service.url


def text_of(error: BaseException) -> str:
    """All that a handler could print of an error: its text, its causes, and what it was raised in."""
    seen = [str(error), repr(error), "".join(traceback.format_exception(error))]
    inner = error.__context__ or error.__cause__
    return "\n".join(seen) + (text_of(inner) if inner else "")
