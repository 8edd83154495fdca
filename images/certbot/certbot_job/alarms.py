"""What a person must know. Each text says cause, consequence and next step."""

from datetime import timedelta

from .address import AddressState
from .http import Clock
from .ledger import FAILED_ORDERS, Ledger
from .pair import Pair
from .settings import Settings
from .times import iso, now, spoken

NO_CERTIFICATE = timedelta(minutes=10)
DUCKDNS_FAILING = timedelta(minutes=15)
CLOCK_OFF = timedelta(minutes=5)
SHARE_LEFT = 1 / 3
"""Renewals begin earlier than this share of the lifetime before the end, so less than it with failures is late."""


def alarms(
    settings: Settings,
    published: Pair | None,
    publish_error: str | None,
    ledger: Ledger,
    address: AddressState | None,
    clock: Clock,
) -> list[str]:
    """All alarms that hold now, the gravest first."""
    return [
        *_certificate(settings, published, ledger),
        *_publication(publish_error),
        *_orders(ledger),
        *_clock(clock, published),
        *(_address(settings, address) if address else []),
    ]


def _certificate(settings: Settings, published: Pair | None, ledger: Ledger) -> list[str]:
    why = f" The last attempt failed: {_error(ledger)}." if ledger.last_error else ""
    step = "Correct that; the job tries again by itself, and a restart of it tries at once."
    if published is None:
        since = ledger.wanted_since
        if since is None or now() - since < NO_CERTIFICATE:
            return []
        return [
            f"No certificate since {iso(since)}.{why or ' The first attempt is still under way.'} NGINX serves a "
            f"temporary one that no client trusts. {step}"
        ]
    found = []
    left = published.end - now()
    if left <= timedelta(0):
        found.append(
            f"The certificate has expired at {iso(published.end)}.{why or ' A new one is being obtained.'} Clients "
            f"refuse the connection. {step}"
        )
    elif ledger.failures and left < published.lifetime * SHARE_LEFT:
        found.append(
            f"The certificate ends in {spoken(left)}, at {iso(published.end)}, and its renewal fails "
            f"({ledger.failures} times).{why} After that clients refuse the connection. {step}"
        )
    if ledger.failures and published.names != frozenset(settings.names):
        found.append(
            f"The certificate is for {', '.join(sorted(published.names))}, not for {', '.join(settings.names)}.{why} "
            f"Clients refuse the names that it lacks. {step}"
        )
    return found


def _error(ledger: Ledger) -> str:
    """Without the full stop that some errors bring along."""
    return (ledger.last_error or "nothing yet").rstrip(". ")


def _publication(problem: str | None) -> list[str]:
    if problem is None:
        return []
    return [
        f"The new certificate could not be published: {problem}. The old one goes on serving until it ends. Make room "
        "on the volume of the certificates; the job tries again every 30 s."
    ]


def _orders(ledger: Ledger) -> list[str]:
    free = ledger.free_from()
    if free is None:
        return []
    return [
        f"{FAILED_ORDERS} orders have failed within an hour; the last said: {_error(ledger)}. No "
        f"other is made before {iso(free)}, so that the CA does not lock the account. Correct the cause meanwhile."
    ]


def _clock(clock: Clock, published: Pair | None) -> list[str]:
    if clock.ahead is not None and abs(clock.ahead) > CLOCK_OFF:
        side = "ahead of" if clock.ahead > timedelta(0) else "behind"
        return [
            f"This machine's clock is {spoken(abs(clock.ahead))} {side} that of {clock.of}. Renewals come at the wrong "
            "time and clients may refuse the certificate. Let the machine keep its time (NTP)."
        ]
    if published is not None and published.start > now() + CLOCK_OFF:
        return [
            f"The certificate is valid only from {iso(published.start)}, which is ahead of this machine's clock. "
            "Renewals come too late. Let the machine keep its time (NTP)."
        ]
    return []


def _address(settings: Settings, address: AddressState) -> list[str]:
    name = f"{settings.duckdns_domain}.duckdns.org"
    found = []
    if address.failing_since and now() - address.failing_since >= DUCKDNS_FAILING:
        found.append(
            f"The address of {name} could not be kept current since {iso(address.failing_since)}: "
            f"{(address.last_error or 'unknown').rstrip('. ')}. Clients may be led to an old address. Correct that; the job tries again every minute."
        )
    if address.ipv6_lost_since and now() - address.ipv6_lost_since >= DUCKDNS_FAILING:
        found.append(
            f"The IPv6 address of this machine cannot be looked up since {iso(address.ipv6_lost_since)}, and {name} "
            f"still names {address.ipv6}. Clients may try it in vain first. If the machine has none any more, clear "
            "the domain's IPv6 address on the DuckDNS page and set ipv6Lookup to an empty text."
        )
    return found
