"""When DuckDNS is told an address, and when not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest
from certbot_job.address import DNS_CHECK, DNS_SETTLES, LOOK, RETRY, AddressKeeper
from certbot_job.dns_view import DnsView
from certbot_job.duckdns import DuckDns
from certbot_job.http import Http
from certbot_job.settings import Settings
from certbot_job.times import now

from conftest import Service, Zone

NAME = "example.duckdns.org"


class House:
    """A machine with addresses, behind DuckDNS."""

    def __init__(self, settings: Settings, service: Service, zone: Zone) -> None:
        self.service, self.zone = service, zone
        self.own: dict[str, str] = {"/ipv4": "203.0.113.7\n", "/ipv6": "2001:db8::7"}
        self.duckdns = (200, "OK")
        service.answer = self._answer
        self.settings = replace(
            settings,
            duckdns_api=service.url,
            ipv4_lookup=f"{service.url}/ipv4",
            ipv6_lookup=f"{service.url}/ipv6",
            resolver=zone.address,
        )
        self.keeper = self.restart()

    def restart(self) -> AddressKeeper:
        duckdns = DuckDns(self.settings.duckdns_api, "example", self.settings.token, Http())
        self.keeper = AddressKeeper(self.settings, duckdns, Http(), DnsView(self.settings.resolver))
        return self.keeper

    def _answer(self, path: str, query: dict[str, str]) -> tuple[int, str]:
        if path != "/update":
            return (200, self.own[path]) if path in self.own else (404, "no")
        if self.duckdns == (200, "OK"):
            for kind, key in (("A", "ip"), ("AAAA", "ipv6")):
                if key in query:
                    self.zone.records[(NAME, kind)] = [query[key]]
        return self.duckdns

    def updates(self) -> list[tuple[str | None, str | None]]:
        return [(call.get("ip"), call.get("ipv6")) for call in self.service.calls if call["/"] == "/update"]


@pytest.fixture
def house(settings: Settings, service: Service, zone: Zone) -> House:
    return House(settings, service, zone)


def test_tells_both_addresses_once_and_again_only_on_a_change(house: House) -> None:
    for _ in range(3):
        assert house.keeper.look()
    assert house.updates() == [("203.0.113.7", "2001:db8::7")]
    house.own["/ipv4"] = "203.0.113.8"
    for _ in range(3):
        assert house.keeper.look()
    assert house.updates()[1:] == [("203.0.113.8", "2001:db8::7")]
    assert (house.keeper.state.ipv4, house.keeper.state.ipv6) == ("203.0.113.8", "2001:db8::7")


def test_a_restart_tells_nothing_that_is_known(house: House) -> None:
    house.keeper.look()
    house.restart().look()
    assert len(house.updates()) == 1
    assert house.keeper.state.ipv4 == "203.0.113.7"
    assert house.keeper.state.last_update is not None


def test_a_record_that_the_dns_has_lost_is_repaired(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.keeper.look()
    house.zone.records[(NAME, "A")] = ["198.51.100.1"]
    house.keeper.look()
    assert len(house.updates()) == 1, "the DNS needs time to follow"
    later = now() + DNS_SETTLES + timedelta(seconds=1)
    monkeypatch.setattr("certbot_job.address.now", lambda: later)
    house.keeper.look()
    assert len(house.updates()) == 2
    assert house.zone.records[(NAME, "A")] == ["203.0.113.7"]
    house.zone.records.pop((NAME, "AAAA"))
    later += DNS_CHECK
    house.keeper.look()
    assert house.zone.records[(NAME, "AAAA")] == ["2001:db8::7"]


def test_a_dns_without_an_answer_is_no_reason_to_tell(house: House) -> None:
    house.keeper.look()
    house.zone.records[(NAME, "A")] = None
    house.restart().look()
    assert len(house.updates()) == 1


@pytest.mark.parametrize(
    "answer", ["<html>login</html>", "", "999.1.1.1", "127.0.0.1", "2001:db8::9", "0.0.0.0"]
)
def test_nonsense_is_never_told(house: House, answer: str) -> None:
    house.keeper.look()
    house.own["/ipv4"] = answer
    assert not house.keeper.look()
    assert len(house.updates()) == 1
    assert "IPv4" in (house.keeper.state.last_error or "")


def test_a_machine_without_ipv6_is_well(house: House) -> None:
    del house.own["/ipv6"]
    assert house.keeper.look()
    assert house.updates() == [("203.0.113.7", None)]
    assert house.keeper.state.last_error is None and house.keeper.state.ipv6_lost_since is None


def test_an_ipv6_address_that_vanishes_is_noticed_and_the_ipv4_address_goes_on(house: House) -> None:
    house.keeper.look()
    del house.own["/ipv6"]
    house.own["/ipv4"] = "203.0.113.9"
    assert house.keeper.look()
    assert house.updates()[1:] == [("203.0.113.9", None)]
    assert house.keeper.state.ipv6_lost_since is not None


def test_ipv6_alone(house: House) -> None:
    house.settings = replace(house.settings, ipv4_lookup="")
    assert house.restart().look()
    assert house.updates() == [(None, "2001:db8::7")]
    del house.own["/ipv6"]
    assert not house.keeper.look()
    assert "IPv6" in (house.keeper.state.last_error or "")


def test_a_failing_duckdns_is_told_once_with_the_time_it_began_and_made_good(
    house: House, log_lines: Callable[[], str]
) -> None:
    house.duckdns = (200, "KO")
    assert not house.keeper.look()
    since = house.keeper.state.failing_since
    assert since is not None
    assert not house.keeper.look()
    assert house.keeper.state.failing_since == since
    assert log_lines().count("KO") == 1
    assert house.keeper.state.ipv4 is None, "what DuckDNS has not taken is not current"
    house.duckdns = (200, "OK")
    assert house.keeper.look()
    assert house.keeper.state.failing_since is None and house.keeper.state.last_error is None
    assert "works again" in log_lines()


def test_a_change_is_out_within_five_minutes() -> None:
    retries = timedelta(seconds=60)
    live = timedelta(seconds=60)
    assert LOOK + retries + live < timedelta(minutes=5)
    assert RETRY < LOOK


def test_the_keeper_outlives_what_nobody_thought_of(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = Event()

    def broken() -> bool:
        stop.set()
        raise RuntimeError("boom")

    monkeypatch.setattr(house.keeper, "look", broken)
    house.keeper.keep(stop)
    assert "RuntimeError" in (house.keeper.state.last_error or "")
