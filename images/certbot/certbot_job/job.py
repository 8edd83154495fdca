"""The process: one thread for certificates, one for the address."""

import fcntl
import logging
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from .address import AddressKeeper
from .alarms import alarms
from .dns_view import DnsView
from .duckdns import DuckDns
from .heartbeat import beat
from .http import Clock, Http, trust
from .ledger import Ledger
from .lineage import LineageStore
from .publish import Publisher
from .renewal import RETRY_FIRST, Renewal
from .runner import Certbot
from .settings import Settings
from .status import StatusFile
from .times import now

log = logging.getLogger("job")

ROUND_SECONDS = 2.0
"""Between two looks at what is due, and at what is published."""


class Job:
    """All parts, put together."""

    def __init__(self, settings: Settings, stop: threading.Event) -> None:
        self._settings, self._stop = settings, stop
        self._clock = Clock()
        self._keeper = self._address_keeper()
        self._certbot = Certbot(settings, stop, self._alive)
        self._renewal = Renewal(
            settings,
            Ledger.load(settings.state / "ledger.json"),
            LineageStore(settings.state),
            Publisher(settings.published),
            Http(self._clock),
            self._certbot.run,
        )
        self._status = StatusFile(settings.published / "status.json", settings)

    def run(self) -> None:
        """Work until stopped."""
        if self._keeper is not None:
            keeper = threading.Thread(
                target=self._keeper.keep, args=(self._stop,), name="address", daemon=True
            )
            keeper.start()
        while not self._stop.is_set():
            try:
                self._renewal.round()
                self._alive()
            except Exception as error:  # The old certificate must go on serving whatever happens.
                log.exception("unexpected; the next round is in %d s", RETRY_FIRST.total_seconds())
                self._renewal.next_attempt = now() + RETRY_FIRST
                self._renewal.ledger.last_error = f"unexpected {type(error).__name__}; see the job's log"
                self._stop.wait(RETRY_FIRST.total_seconds())
            self._stop.wait(ROUND_SECONDS)

    def _alive(self) -> None:
        beat(self._settings.runtime)
        address = self._keeper.state if self._keeper else None
        renewal = self._renewal
        self._status.show(
            renewal,
            address,
            alarms(
                self._settings, renewal.published, renewal.publish_error, renewal.ledger, address, self._clock
            ),
        )

    def _address_keeper(self) -> AddressKeeper | None:
        settings = self._settings
        if not settings.duckdns_domain or not (settings.ipv4_lookup or settings.ipv6_lookup):
            return None
        http = Http(self._clock)
        duckdns = DuckDns(settings.duckdns_api, settings.duckdns_domain, settings.token, http, self._stop)
        return AddressKeeper(settings, duckdns, http, DnsView(settings.resolver))


def run(settings: Settings) -> None:
    """Run the job until SIGTERM or SIGINT."""
    stop = threading.Event()

    def on_signal(number: int, _: FrameType | None) -> None:
        log.info("%s, ending", signal.Signals(number).name)
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    trust(settings.runtime, settings.extra_ca)
    challenges = settings.published / "challenges" / ".well-known" / "acme-challenge"
    log.info(
        "started for %s at %s by %s; DuckDNS: %s",
        ", ".join(settings.names),
        settings.server,
        settings.challenge,
        settings.duckdns_domain or "not used",
    )
    with _only_one(settings.state, settings.runtime, stop):
        # Nothing is under way, so these were left by a killed run.
        shutil.rmtree(challenges, ignore_errors=True)
        challenges.mkdir(parents=True, exist_ok=True)
        if not stop.is_set():
            Job(settings, stop).run()
    log.info("ended")


@contextmanager
def _only_one(state: Path, runtime: Path, stop: threading.Event) -> Iterator[None]:
    """Wait until no other job works with the same state, as when a container is being replaced."""
    told = False
    with open(state / "job.lock", "w", encoding="utf-8") as lock:
        while not stop.is_set():
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not told:
                    log.info("another job works with %s; waiting for its end", state)
                told = True
                beat(runtime)
                stop.wait(1)
        yield
