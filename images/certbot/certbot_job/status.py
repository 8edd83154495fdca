"""`status.json`, which `npm run status` shows."""

import json
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

from .address import AddressState
from .files import replace_file
from .pair import Pair
from .renewal import Renewal
from .settings import Settings
from .times import iso, now

log = logging.getLogger("alarm")

AT_LEAST_EVERY = timedelta(minutes=1)


class StatusFile:
    """Writes the file when something has changed, and once a minute; logs alarms as they come and go."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self._path, self._settings = path, settings
        self._written: dict[str, Any] | None = None
        self._at = now()
        self._alarms: set[str] = set()
        self._full = False

    def show(self, renewal: Renewal, address: AddressState | None, alarms: list[str]) -> None:
        """Say how things stand."""
        self._log_alarms(alarms)
        ledger = renewal.ledger
        body: dict[str, Any] = {
            "certificate": _certificate(renewal.published),
            "renewal": {
                "lastAttempt": iso(ledger.last_attempt),
                "lastSuccess": iso(ledger.last_success),
                "lastError": ledger.last_error,
                "failures": ledger.failures,
                "nextAttempt": iso(renewal.next_attempt),
            },
            "address": _address(self._settings, address),
            "alarms": alarms,
        }
        if body == self._written and abs(now() - self._at) < AT_LEAST_EVERY:
            return
        try:
            text = json.dumps({"version": 1, "updated": iso(now()), **body}, indent=1)
            replace_file(self._path, text.encode(), 0o644)
        except OSError as error:
            if not self._full:
                log.warning(
                    "%s could not be written: %s; the status is out of date", self._path, error.strerror
                )
            self._full = True
            return
        self._written, self._at, self._full = body, now(), False

    def _log_alarms(self, alarms: list[str]) -> None:
        # By their first words: the rest holds figures that change.
        kinds = {" ".join(alarm.split()[:3]): alarm for alarm in alarms}
        for kind, alarm in kinds.items():
            if kind not in self._alarms:
                log.warning("%s", alarm)
        for kind in self._alarms - set(kinds):
            log.info("over: %s …", kind)
        self._alarms = set(kinds)


def _certificate(pair: Pair | None) -> dict[str, Any] | None:
    if pair is None:
        return None
    return {
        "issuer": pair.issuer,
        "names": sorted(pair.names),
        "serial": pair.serial,
        "notBefore": iso(pair.start),
        "notAfter": iso(pair.end),
    }


def _address(settings: Settings, state: AddressState | None) -> dict[str, Any] | None:
    if state is None:
        return None
    return {
        "domain": f"{settings.duckdns_domain}.duckdns.org",
        "ipv4": state.ipv4,
        "ipv6": state.ipv6,
        "lastUpdate": iso(state.last_update),
        "lastError": state.last_error,
        "failingSince": iso(state.failing_since),
    }
