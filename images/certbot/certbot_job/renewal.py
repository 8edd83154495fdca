"""When to ask for a certificate, and what happens then."""

import logging
import os
import shutil
from collections.abc import Callable
from datetime import timedelta

from .http import Http
from .ledger import Ledger
from .lineage import Lineage, LineageStore
from .pair import BadPair, Pair, require_names
from .publish import Publisher
from .runner import Outcome
from .settings import Settings
from .times import iso, jittered, now, spoken

log = logging.getLogger("renewal")

CHECK_MOST = timedelta(hours=6)
CHECK_LEAST = timedelta(seconds=5)
RETRY_FIRST = timedelta(seconds=15)
RETRY_MOST = timedelta(hours=6)
"""After failed orders."""
ASK_MOST = timedelta(minutes=10)
"""While the CA or DuckDNS is away; asking whether it is back costs nobody anything."""
ASK_LEAST = timedelta(seconds=30)
"""For certificates so short-lived that `ASK_MOST` would be much of their life."""
PUBLISH_AGAIN = timedelta(seconds=30)
FREE_BYTES = 1 << 20
"""What Certbot may need to store an order's result. An order that cannot be stored is one lost at the CA."""


class Renewal:
    """One certificate, from its order to its publication. `round` is called every few seconds."""

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        store: LineageStore,
        publisher: Publisher,
        http: Http,
        certbot: Callable[[bool], Outcome],
    ) -> None:
        """Args:
        certbot: runs Certbot; told whether to order in any case.
        """
        self._settings, self.ledger, self._store, self._publisher = settings, ledger, store, publisher
        self._http, self._certbot = http, certbot
        self._publish_from = now()
        self.published: Pair | None = None
        """What NGINX is given now."""
        self.publish_error: str | None = None
        self.next_attempt = now()
        self._in_a_row = 0
        self._last_ordered = False
        # A restart asks at once: someone may have repaired the cause. The bound on orders holds all the same.
        self.ledger.failures = 0

    def round(self) -> None:
        """Do what is due."""
        lineage = self._reconciled()
        self.ledger.want(missing=self.published is None)
        free = self.ledger.free_from()
        if free is not None and free > self.next_attempt:
            self.next_attempt = free + jittered(timedelta(seconds=20), 0.1, 1)
            log.warning(
                "waiting until %s: too many orders have failed within an hour", iso(self.next_attempt)
            )
        present = now()
        # After the clock was set back, an old plan would wait too long.
        if present < self.next_attempt <= present + RETRY_MOST * 1.5:
            return
        self._attempt(lineage)

    def missing(self, lineage: Lineage | None) -> str | None:
        """Why a certificate must be ordered in any case; None when what is there only has to be renewed in time."""
        if lineage is None:
            return "there is no certificate yet"
        try:
            require_names(lineage.pair, self._settings.names)
        except BadPair:
            return f"the names have changed from {', '.join(sorted(lineage.pair.names))}"
        if lineage.server != self._settings.server:
            return f"the CA has changed: it was {lineage.server}"
        if lineage.pair.end <= now():
            return f"the certificate has expired on {iso(lineage.pair.end)}"
        return None

    def check_interval(self, pair: Pair | None) -> timedelta:
        """How often Certbot looks whether a renewal is due: 12 times in a lifetime, at least 4 times a day."""
        return CHECK_MOST if pair is None else max(CHECK_LEAST, min(CHECK_MOST, pair.lifetime / 12))

    def _attempt(self, lineage: Lineage | None) -> None:
        reason = self.missing(lineage)
        # Set before anything can fail, so that nothing is tried in a loop.
        self.next_attempt = now() + RETRY_FIRST
        if reason is not None:
            log.info(
                "due, because %s; asking %s for %s",
                reason,
                self._settings.server,
                ", ".join(self._settings.names),
            )
        problem = self._unready()
        if problem is not None:
            self._failed(Outcome(ordered=False, error=problem), begun=False)
            return
        try:
            self.ledger.begin()
        except OSError as error:
            self._failed(_disk(self._settings.state, error), begun=False)
            return
        outcome = self._certbot(reason is not None and lineage is not None)
        after = self._read()
        renewed = after is not None and (lineage is None or after.pair.serial != lineage.pair.serial)
        if outcome.error is not None:
            self._failed(outcome, begun=True)
            return
        still = self.missing(after)
        if after is None or still is not None:
            # For instance a clock so far ahead that each new certificate has expired. Never order in a loop.
            self._failed(Outcome(True, f"Certbot reported success, but {still}"), begun=True)
            return
        if renewed and reason is None:
            log.info("was due, by what the CA suggests or by Certbot's own rule")
        self._succeeded(after, renewed)

    def _succeeded(self, lineage: Lineage, renewed: bool) -> None:
        self._note_end(None, ordered=renewed)
        self._in_a_row = 0
        try:
            self._store.hasten_ari(renewed)
        except (OSError, ValueError, BadPair) as error:
            log.warning("the CA's suggested time of renewal may be asked for late: %s", error)
        wait = jittered(self.check_interval(lineage.pair), 0.8, 1)
        self.next_attempt = now() + max(CHECK_LEAST, wait)
        if renewed:
            number = self._publish(lineage)
            log.info(
                "new certificate serial %s of %s until %s, %s; next check in %s",
                lineage.pair.serial,
                lineage.pair.issuer,
                iso(lineage.pair.end),
                f"published as release {number}" if number else "not published yet",
                spoken(wait),
            )
        else:
            log.info("not due, valid until %s; next check in %s", iso(lineage.pair.end), spoken(wait))

    def _failed(self, outcome: Outcome, begun: bool) -> None:
        error = outcome.error or "unknown"
        if not begun:
            self.ledger.last_attempt = now()
        self._note_end(error, outcome.ordered)
        # An order after an outage begins with quick tries again.
        self._in_a_row = self._in_a_row + 1 if outcome.ordered == self._last_ordered else 1
        self._last_ordered = outcome.ordered
        # The two ways in which a CA says that it does not know the account.
        if "accountDoesNotExist" in error or ("Account" in error and "not found" in error):
            self._store.forget_accounts()
            log.warning("the CA does not know the account any more; the next attempt registers a new one")
        most = RETRY_MOST if outcome.ordered else self._ask_interval()
        wait = jittered(min(most, RETRY_FIRST * 2 ** min(self._in_a_row - 1, 20)), 0.75, 1)
        self.next_attempt = now() + wait
        log.warning(
            "attempt %d failed%s: %s. %s Next attempt in %s",
            self.ledger.failures,
            "" if outcome.ordered else ", no order was made",
            error.rstrip("."),
            self._meanwhile(),
            spoken(wait),
        )

    def _ask_interval(self) -> timedelta:
        lifetime = self.published.lifetime if self.published else timedelta.max
        return max(ASK_LEAST, min(ASK_MOST, lifetime / 12))

    def _meanwhile(self) -> str:
        if self.published is None:
            return "There is no certificate to serve yet."
        if self.published.end <= now():
            return "The present certificate has expired."
        return f"The present certificate goes on serving until {iso(self.published.end)}."

    def _note_end(self, error: str | None, ordered: bool) -> None:
        try:
            self.ledger.end(error, ordered)
        except OSError as problem:
            log.warning("the ledger could not be written: %s", problem.strerror)

    def _unready(self) -> str | None:
        """Why an order would be made in vain; None when nothing speaks against it."""
        try:
            if shutil.disk_usage(self._settings.state).free < FREE_BYTES:
                return f"less than 1 MiB is free for {self._settings.state}, so a certificate could not be stored; make room"
            response = self._http.get(self._settings.server)
        except OSError as error:
            return f"the CA cannot be reached: {error}"
        if response.status_code != 200 or "newOrder" not in response.text:
            return f"the CA is out of order: {self._settings.server} answered {response.status_code} and no ACME directory"
        return None

    def _reconciled(self) -> Lineage | None:
        """Make what is published equal to what Certbot has."""
        lineage = self._read()
        self.published = self._publisher.current()
        if lineage is not None and not _same(lineage.pair, self.published) and now() >= self._publish_from:
            number = self._publish(lineage)
            if number:
                log.info(
                    "certificate serial %s published again as release %d, since what was published was not it",
                    lineage.pair.serial,
                    number,
                )
        return lineage

    def _read(self) -> Lineage | None:
        try:
            return self._store.read()
        except BadPair as error:
            aside = self._store.set_aside()
            log.warning(
                "Certbot's certificate is damaged (%s); it was moved to %s, and a new one is ordered",
                error,
                aside,
            )
            self.next_attempt = now()
            return None

    def _publish(self, lineage: Lineage) -> int | None:
        """Publish, or say why not and plan the next try."""
        try:
            require_names(lineage.pair, self._settings.names)
        except BadPair:
            # The names have changed. What is published goes on until there is a certificate for the new ones.
            return None
        try:
            number = self._publisher.publish(lineage.pair)
        except OSError as error:
            self._publish_from = now() + PUBLISH_AGAIN
            problem = os.strerror(error.errno) if error.errno else str(error)
            if problem != self.publish_error:
                log.warning(
                    "the new certificate could not be published: %s; the old one goes on serving", problem
                )
            self.publish_error = problem
            return None
        self.publish_error = None
        self.published = lineage.pair
        return number


def _same(pair: Pair, other: Pair | None) -> bool:
    return other is not None and (pair.fullchain, pair.privkey) == (other.fullchain, other.privkey)


def _disk(folder: object, error: OSError) -> Outcome:
    return Outcome(
        ordered=False, error=f"{folder} cannot be written ({error.strerror}), so no order was made; make room"
    )
