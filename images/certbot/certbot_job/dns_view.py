"""What the DNS shows to others."""

import socket
import time
from threading import Event

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

QUERY_SECONDS = 5.0
VISIBLE_SECONDS = 300
"""How long a challenge may take to become visible. DuckDNS' records live 60 s."""
VISIBLE_PAUSE = 2.0
VISIBLE_ROUNDS = 2
"""So many looks in a row must show the value: DuckDNS' servers follow one by one."""


class DnsError(Exception):
    """The DNS gave no answer."""


class NotVisible(Exception):
    """A challenge did not become visible in time. The text says where and what was there."""


class DnsView:
    """Looks names up at one server, or as the system does."""

    def __init__(self, server: str = "") -> None:
        """Args:
        server: `address[:port]`, a name instead of the address will do; empty for the system's servers.
        """
        self._server = server

    def addresses(self, name: str, kind: str) -> set[str]:
        """The addresses of a name; empty when it has none.

        Args:
            kind: `A` or `AAAA`.

        Raises:
            DnsError: no server answered.
        """
        return self._values(self._resolver(), name, kind)

    def wait_for_txt(self, name: str, value: str, stop: Event) -> None:
        """Return when every server that others may ask shows the TXT value, and nothing else.

        Raises:
            NotVisible: not within `VISIBLE_SECONDS`, or `stop` was set.
        """
        deadline = time.monotonic() + VISIBLE_SECONDS
        agreed, last = 0, "nothing"
        while agreed < VISIBLE_ROUNDS:
            missing = self._without(name, value)
            agreed, last = (agreed + 1, last) if missing is None else (0, missing)
            if time.monotonic() > deadline or stop.is_set():
                raise NotVisible(
                    f"the TXT record of {name} was not visible within {VISIBLE_SECONDS} s: {last}"
                )
            if agreed < VISIBLE_ROUNDS:
                stop.wait(VISIBLE_PAUSE)

    def _without(self, name: str, value: str) -> str | None:
        """The first server that does not show the value, with what it showed; None when all show it."""
        answers, silent = 0, ""
        try:
            servers = self._public(name)
        except DnsError as error:
            return str(error)
        for place, resolver in servers:
            try:
                values = self._values(resolver, name, "TXT")
            except DnsError as error:
                # One of several servers may be out of order; the CA then asks another one, too.
                silent = f"{place}: {error}"
                continue
            answers += 1
            if values != {value}:
                return f"{place} shows {'an older value' if values else 'no value'}"
        return None if answers else silent

    def _public(self, name: str) -> list[tuple[str, dns.resolver.Resolver]]:
        """The servers of the name's zone, since no cache stands before them; else the ones to look things up at."""
        ordinary = self._resolver()
        if self._server:
            return [(self._server, ordinary)]
        try:
            zone = dns.resolver.zone_for_name(name, resolver=ordinary, lifetime=QUERY_SECONDS)
            servers = sorted(
                str(record.target) for record in ordinary.resolve(zone, "NS", lifetime=QUERY_SECONDS)
            )
            found = [
                (server.rstrip("."), address)
                for server in servers
                for address in self._values(ordinary, server, "A")
            ]
        except (dns.exception.DNSException, DnsError, OSError):
            found = []
        direct = [(server, _resolver_at([address], 53)) for server, address in found]
        # Port 53 may be closed for all but the system's own server.
        if any(self._answers(resolver, name) for _, resolver in direct):
            return direct
        return [("the system's DNS", ordinary)]

    def _answers(self, resolver: dns.resolver.Resolver, name: str) -> bool:
        try:
            self._values(resolver, name, "TXT")
        except DnsError:
            return False
        return True

    def _resolver(self) -> dns.resolver.Resolver:
        if not self._server:
            return dns.resolver.Resolver()
        host, port = _split(self._server)
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        except OSError as error:
            raise DnsError(f"the DNS server {host} has no address: {error}") from None
        return _resolver_at([str(entry[4][0]) for entry in found[:1]], port)

    @staticmethod
    def _values(resolver: dns.resolver.Resolver, name: str, kind: str) -> set[str]:
        try:
            answer = resolver.resolve(
                dns.name.from_text(name), kind, lifetime=QUERY_SECONDS, search=False, raise_on_no_answer=False
            )
        except dns.resolver.NXDOMAIN:
            return set()
        except (dns.exception.DNSException, OSError) as error:
            raise DnsError(f"no answer for {name}: {type(error).__name__}") from None
        if kind == "TXT":
            return {b"".join(record.strings).decode("ascii", "replace") for record in answer} - {""}
        return {record.address for record in answer}


def _resolver_at(addresses: list[str], port: int) -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = addresses
    resolver.port = port
    return resolver


def _split(server: str) -> tuple[str, int]:
    """`address[:port]`, where an IPv6 address with a port stands in brackets."""
    if server.startswith("["):
        host, _, port = server[1:].partition("]")
        return host, int(port.lstrip(":") or 53)
    if server.count(":") == 1:
        host, port = server.split(":")
        return host, int(port)
    return server, 53
