"""What was done: one JSON line on stdout for each event, and the same to the audit service."""

import json
import sys
from collections.abc import Mapping
from typing import Any

import urllib3

from .times import iso, now

LIMIT = urllib3.Timeout(connect=1, read=2)


def event(
    name: str,
    *,
    subject: str | None = None,
    target: str | None = None,
    status: str = "success",
    detail: Mapping[str, object] | None = None,
) -> dict[str, Any]:
    """An event in the form that all services of the platform share."""
    return {
        "time": iso(now()),
        "source": "warden",
        "event": name,
        "actor": None,
        "subject": subject,
        "client": None,
        "ip": None,
        "workspace": None,
        "target": target,
        "status": status,
        "detail": dict(detail or {}),
    }


class Report:
    """Says what was done. Nobody waits for that and nothing fails by it."""

    def __init__(self, audit_url: str) -> None:
        self._url = audit_url
        self._pool = urllib3.PoolManager(timeout=LIMIT, retries=False)
        self._away = False

    def tell(self, *events: dict[str, Any]) -> None:
        """Write the events, and send them."""
        for one in events:
            sys.stdout.write(json.dumps(one) + "\n")
        sys.stdout.flush()
        if not events:
            return
        try:
            answer = self._pool.request("POST", self._url, json=list(events))
            away = answer.status >= 300
        except urllib3.exceptions.HTTPError:
            away = True
        if away and not self._away:
            line = event("audit.away", status="failed", detail={"url": self._url})
            sys.stdout.write(json.dumps(line) + "\n")
        self._away = away
