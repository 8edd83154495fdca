from threading import Event, Thread

import pytest
from certbot_job import dns_view
from certbot_job.dns_view import DnsError, DnsView, NotVisible

from conftest import Zone

NAME = "_acme-challenge.example.duckdns.org"


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns_view, "VISIBLE_SECONDS", 1.5)
    monkeypatch.setattr(dns_view, "VISIBLE_PAUSE", 0.05)
    monkeypatch.setattr(dns_view, "QUERY_SECONDS", 0.5)


def test_returns_when_the_value_is_there(zone: Zone) -> None:
    zone.records[(NAME, "TXT")] = ["value"]
    DnsView(zone.address).wait_for_txt(NAME, "value", Event())
    assert len(zone.asked) == dns_view.VISIBLE_ROUNDS


def test_waits_until_it_is_there(zone: Zone) -> None:
    zone.records[(NAME, "TXT")] = ["old"]
    waiting = Thread(target=DnsView(zone.address).wait_for_txt, args=(NAME, "value", Event()))
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    zone.records[(NAME, "TXT")] = ["value"]
    waiting.join(1)
    assert not waiting.is_alive()


@pytest.mark.parametrize(
    ("records", "says"),
    [
        (["old"], "shows an older value"),
        (["old", "value"], "shows an older value"),
        ([""], "shows no value"),
        ([], "shows no value"),
        (None, "no answer for"),
    ],
)
def test_says_what_was_there_instead(zone: Zone, records: list[str] | None, says: str) -> None:
    zone.records[(NAME, "TXT")] = records
    with pytest.raises(NotVisible, match=says):
        DnsView(zone.address).wait_for_txt(NAME, "value", Event())


def test_a_server_without_address_is_no_crash() -> None:
    with pytest.raises(NotVisible, match="has no address"):
        DnsView("no-such-server.invalid:53").wait_for_txt(NAME, "value", Event())


def test_addresses_of_both_families(zone: Zone) -> None:
    zone.records[("a.org", "A")] = ["203.0.113.7"]
    zone.records[("a.org", "AAAA")] = ["2001:db8::7"]
    view = DnsView(zone.address)
    assert view.addresses("a.org", "A") == {"203.0.113.7"}
    assert view.addresses("a.org", "AAAA") == {"2001:db8::7"}
    assert view.addresses("b.org", "A") == set()
    zone.records[("a.org", "A")] = None
    with pytest.raises(DnsError):
        view.addresses("a.org", "A")


@pytest.mark.parametrize(
    ("server", "parts"),
    [
        ("1.2.3.4", ("1.2.3.4", 53)),
        ("duck:5353", ("duck", 5353)),
        ("::1", ("::1", 53)),
        ("[::1]:5353", ("::1", 5353)),
    ],
)
def test_servers_may_be_written_with_and_without_port(server: str, parts: tuple[str, int]) -> None:
    assert dns_view._split(server) == parts
