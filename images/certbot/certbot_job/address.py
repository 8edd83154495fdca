"""Keeps the addresses of the DuckDNS domain current."""

import ipaddress
import json
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Event, Lock
from typing import Any

from .dns_view import DnsError, DnsView
from .duckdns import DuckDns, DuckDnsError
from .files import replace_file
from .http import Http
from .settings import Settings, SettingsError
from .times import iso, jittered, now, parse

log = logging.getLogger("address")

LOOK = timedelta(seconds=120)
"""Longest pause between two looks. With two minutes of retries and the record's 60 s, a change is out within 5 min."""
RETRY = timedelta(seconds=45)
DNS_CHECK = timedelta(minutes=30)
DNS_SETTLES = timedelta(minutes=3)
"""How long after an update the DNS may still show the old address."""

FAMILIES = (4, 6)


@dataclass(frozen=True)
class AddressState:
    """How the addresses stand. Addresses are those that DuckDNS was given last."""

    ipv4: str | None = None
    ipv6: str | None = None
    last_update: datetime | None = None
    last_error: str | None = None
    failing_since: datetime | None = None
    ipv6_lost_since: datetime | None = None
    """Since when an IPv6 address that DuckDNS was given cannot be looked up any more."""


class AddressKeeper:
    """Looks the own addresses up and tells DuckDNS when they have changed."""

    def __init__(self, settings: Settings, duckdns: DuckDns, http: Http, dns_view: DnsView) -> None:
        self._settings, self._duckdns, self._http, self._dns = settings, duckdns, http, dns_view
        self._file = settings.state / "address.json"
        self._name = f"{settings.duckdns_domain}.duckdns.org"
        self._lock = Lock()
        self._state = self._load()
        # At the start the DNS is asked at once: the record may have been changed or lost meanwhile.
        self._dns_check_from = now()

    @property
    def state(self) -> AddressState:
        """How things stand; for other threads."""
        with self._lock:
            return self._state

    def keep(self, stop: Event) -> None:
        """Look again and again until stopped."""
        while not stop.is_set():
            try:
                well = self.look()
            except Exception as error:  # The keeper must outlive what nobody thought of.
                log.exception("unexpected; the next look is in a minute")
                self._note_failure(f"unexpected {type(error).__name__}; see the job's log")
                well = False
            stop.wait(jittered(LOOK if well else RETRY, 0.6, 0.95).total_seconds())

    def look(self) -> bool:
        """Look once, and update what has changed or is lost. Returns whether all went well."""
        state = self.state
        found = {family: self._own_address(family) for family in FAMILIES if self._url(family)}
        ipv4, ipv6 = found.get(4), found.get(6)
        self._watch_ipv6(ipv6)
        if 4 in found and ipv4 is None:
            self._note_failure(f"the own IPv4 address cannot be looked up at {self._host(4)}")
        if ipv4 is None and ipv6 is None:
            if 4 not in found:
                self._note_failure(f"the own IPv6 address cannot be looked up at {self._host(6)}")
            return False
        changed = (ipv4 not in (None, state.ipv4)) or (ipv6 not in (None, state.ipv6))
        lost = not changed and self._lost(ipv4, ipv6)
        if changed or lost:
            try:
                self._duckdns.update(ipv4, ipv6)
            except (DuckDnsError, SettingsError) as error:
                self._note_failure(str(error))
                return False
            self._dns_check_from = now() + DNS_SETTLES
            self._save(ipv4 or state.ipv4, ipv6 or state.ipv6)
            log.info(
                "%s is now %s (%s)",
                self._name,
                " and ".join(value for value in (ipv4, ipv6) if value),
                "the DNS had lost it" if lost else f"it was {state.ipv4 or state.ipv6 or 'not known'}",
            )
        if 4 in found and ipv4 is None:
            return False
        self._note_success()
        return True

    def _lost(self, ipv4: str | None, ipv6: str | None) -> bool:
        """Whether the DNS shows something else, asked now and then. No answer is no reason to update."""
        if now() < self._dns_check_from:
            return False
        self._dns_check_from = now() + jittered(DNS_CHECK, 0.7, 1)
        try:
            for kind, address in (("A", ipv4), ("AAAA", ipv6)):
                if address and address not in (shown := self._dns.addresses(self._name, kind)):
                    log.warning(
                        "the DNS shows %s for %s instead of %s",
                        ", ".join(shown) or "nothing",
                        self._name,
                        address,
                    )
                    return True
        except DnsError as error:
            log.info("whether the DNS still shows %s is not known: %s", self._name, error)
        return False

    def _own_address(self, family: int) -> str | None:
        try:
            response = self._http.get(self._url(family))
            address = ipaddress.ip_address(response.text.strip()[:64])
        except (OSError, ValueError):
            return None
        usable = response.status_code == 200 and address.version == family
        return None if not usable or address.is_loopback or address.is_unspecified else str(address)

    def _url(self, family: int) -> str:
        return self._settings.ipv4_lookup if family == 4 else self._settings.ipv6_lookup

    def _host(self, family: int) -> str:
        return self._url(family).split("/")[2]

    def _watch_ipv6(self, found: str | None) -> None:
        gone = self.state.ipv6 is not None and found is None and bool(self._settings.ipv6_lookup)
        since = (self.state.ipv6_lost_since or now()) if gone else None
        self._change(ipv6_lost_since=since)

    def _note_failure(self, error: str) -> None:
        if error != self.state.last_error or self.state.failing_since is None:
            log.warning("%s. The record stays as it is; the next look is within a minute", error.rstrip("."))
        self._change(last_error=error, failing_since=self.state.failing_since or now())

    def _note_success(self) -> None:
        if self.state.failing_since is not None:
            log.info("works again after failing since %s", iso(self.state.failing_since))
        self._change(last_error=None, failing_since=None)

    def _change(self, **fields: Any) -> None:
        with self._lock:
            self._state = replace(self._state, **fields)

    def _save(self, ipv4: str | None, ipv6: str | None) -> None:
        self._change(ipv4=ipv4, ipv6=ipv6, last_update=now())
        stored = {
            "domain": self._name,
            "ipv4": ipv4,
            "ipv6": ipv6,
            "last_update": iso(self.state.last_update),
        }
        try:
            replace_file(self._file, json.dumps(stored).encode(), 0o600)
        except OSError as error:
            # A restart then tells DuckDNS once more.
            log.warning("%s could not be written: %s", self._file, error.strerror)

    def _load(self) -> AddressState:
        try:
            stored = json.loads(self._file.read_text("utf-8"))
            if stored["domain"] == self._name:
                return AddressState(stored["ipv4"], stored["ipv6"], parse(stored["last_update"]))
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return AddressState()
