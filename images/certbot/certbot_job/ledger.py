"""What happened so far, on disk, so that a restart does not give new attempts."""

import json
import logging
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from .files import replace_file
from .times import iso, now, parse

log = logging.getLogger("renewal")

WINDOW = timedelta(hours=1)
FAILED_ORDERS = 4
"""Failing orders in any `WINDOW`. Let's Encrypt allows 5 failed validations per name, account and hour."""


@dataclass
class Ledger:
    """Attempts to obtain a certificate."""

    path: Path
    failed_orders: list[datetime] = field(default_factory=list)
    """When orders failed. One that is under way counts as failed until it has not."""
    failures: int = 0
    """Failed runs of Certbot since the last good one."""
    last_attempt: datetime | None = None
    last_success: datetime | None = None
    last_error: str | None = None
    under_way: datetime | None = None
    """When the present attempt began. Not stored: after a kill it counts as failed."""
    wanted_since: datetime | None = None
    """Since when there should be a certificate and is none."""

    @staticmethod
    def load(path: Path) -> "Ledger":
        """Read it; what cannot be read begins anew."""
        try:
            stored: dict[str, Any] = json.loads(path.read_text("utf-8"))
            return Ledger(
                path,
                failed_orders=[time for text in stored["failed_orders"] if (time := parse(text))],
                failures=int(stored["failures"]),
                last_attempt=parse(stored["last_attempt"]),
                last_success=parse(stored["last_success"]),
                last_error=stored["last_error"],
                wanted_since=parse(stored["wanted_since"]),
            )
        except FileNotFoundError:
            return Ledger(path)
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s cannot be read (%s) and begins anew", path, type(error).__name__)
            return Ledger(path)

    def save(self) -> None:
        """Write it through to the disk.

        Raises:
            OSError: it could not be written; then no order may be made.
        """
        self.failed_orders = [time for time in self.failed_orders if now() - WINDOW < time]
        stored = asdict(self)
        del stored["path"], stored["under_way"]
        replace_file(self.path, json.dumps(stored, default=iso, indent=1).encode(), 0o600)

    def free_from(self) -> datetime | None:
        """When the next order may be made; None when now. An order under way has not failed yet."""
        present = now()
        # A time ahead of the clock was written before the clock was set back. It counts as of now.
        self.failed_orders = [min(time, present) for time in self.failed_orders]
        recent = sorted(
            time for time in self.failed_orders if present - WINDOW < time and time != self.under_way
        )
        return recent[-FAILED_ORDERS] + WINDOW if len(recent) >= FAILED_ORDERS else None

    def begin(self) -> None:
        """Note an attempt that may become an order. Raises OSError as `save` does."""
        self.last_attempt = self.under_way = now()
        self.failed_orders.append(self.last_attempt)
        try:
            self.save()
        except OSError:
            # Then there will be none.
            self.failed_orders.remove(self.last_attempt)
            self.under_way = None
            raise

    def want(self, missing: bool) -> None:
        """Note since when there is nothing to serve."""
        if missing == (self.wanted_since is not None):
            return
        self.wanted_since = now() if missing else None
        try:
            self.save()
        except OSError as error:
            log.warning("the ledger could not be written: %s", error.strerror)

    def end(self, error: str | None, ordered: bool) -> None:
        """Note how the attempt that `begin` noted went."""
        self.under_way = None
        if error is None or not ordered:
            self.failed_orders = [time for time in self.failed_orders if time != self.last_attempt]
        self.failures = 0 if error is None else self.failures + 1
        self.last_error = error
        if error is None:
            self.last_success = now()
        self.save()
