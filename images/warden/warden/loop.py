"""The process: rounds until it is stopped."""

import logging
import signal
import sys
import threading
import time
from types import FrameType

from . import health
from .directory import Implausible
from .http import ServiceError
from .keycloak import Keycloak
from .mlflow import Mlflow
from .report import Report, event
from .rounds import Warden
from .settings import Settings
from .store import Store

log = logging.getLogger("warden")

POLL_SECONDS = 3.0
"""Between two questions for events. One costs Keycloak 10 ms."""
WAIT_SECONDS = 15.0
"""Longest wait after failures."""


class Loop:
    """Rounds with waits, and word of failures."""

    def __init__(self, warden: Warden, report: Report, stop: threading.Event) -> None:
        self._warden, self._report, self._stop = warden, report, stop
        self._failures = 0
        self._error: str | None = None
        self._success = time.time()
        self._late = False

    def run(self) -> None:
        """Work until stopped."""
        while not self._stop.is_set():
            self._stop.wait(self.step())

    def step(self) -> float:
        """One round; returns the seconds to wait after it."""
        try:
            self._warden.round()
        except (ServiceError, Implausible) as error:
            return self._failed(str(error))
        except Exception as error:  # The next round may do; ending would take all protection away.
            log.exception("unexpected")
            return self._failed(f"unexpected {type(error).__name__}; see the log")
        if self._error is not None:
            self._report.tell(event("recovered", detail={"error": self._error}))
        self._failures, self._error, self._late = 0, None, False
        self._success = time.time()
        self._write()
        return POLL_SECONDS

    def _failed(self, error: str) -> float:
        self._failures += 1
        if error != self._error:
            self._report.tell(event("error", status="failed", detail={"error": error}))
        self._error = error
        age = time.time() - self._success
        if age > health.LATE_SECONDS and not self._late:
            self._late = True
            alarm = (
                f"The realm could not be followed for {age:.0f} s: {error}. Who is disabled now keeps access to MLflow "
                "and the object store. Look at `npm run status`; the warden tries again by itself."
            )
            self._report.tell(event("alarm", status="failed", detail={"alarm": alarm}))
        if self._warden.directory is not None:
            self._write()
        wait: float = min(WAIT_SECONDS, POLL_SECONDS * 2 ** min(self._failures - 1, 5))
        return wait

    def _write(self) -> None:
        warden = self._warden
        directory = warden.directory
        health.write(
            {
                "lastSuccess": self._success,
                "users": len(directory.users) if directory else 0,
                "accounts": warden.accounts,
                "denied": len(warden.revocations.waiting()),
                "error": self._error,
                "alarm": warden.alarm,
            }
        )


def run(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT."""
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(name)s: %(levelname)s: %(message)s")
    # It tells of each retry, with the whole address.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    stop = threading.Event()

    def on_signal(_: int, __: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    keycloak = Keycloak(settings)
    report = Report(settings.audit_url)
    warden = Warden(settings, keycloak, Mlflow(settings, keycloak), Store(settings), report)
    report.tell(event("started", detail={"realm": settings.realm}))
    Loop(warden, report, stop).run()
    report.tell(event("ended"))
