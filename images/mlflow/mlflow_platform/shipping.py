"""How events of the audit stream leave the process: in batches, from a thread of their own.

No request waits for that, and none fails from it. While the collector is away events are kept, up to a number, and sent
once it is back; what does not fit, and what is left when the server stops, is written to standard error instead, one
line each. So is the warning that it is away, once.
"""

import atexit
import json
import logging
import sys
import threading
import time
import urllib.request
from collections import deque
from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from typing import Any

#: An event in the platform's common form, but for what is the same in all of this process's.
Event = dict[str, Any]

#: Seconds after which events that can be counted together are sent.
COUNT_SECONDS = 5.0
#: Seconds between two batches.
BATCH_SECONDS = 1.0
#: Events in a batch at most.
BATCH = 500
#: Events that are kept while the collector is away.
KEPT = 10_000
#: Different things that are counted at once.
COUNTED = 4_096
#: Seconds that the collector has for an answer, and that the last events have when the server stops.
ANSWER_SECONDS = 3.0

log = logging.getLogger("mlflow_platform.audit")


def now() -> str:
    """The time as events carry it: ISO 8601, UTC, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Shipper:
    """Sends events to the collector.

    :param send: takes a batch, and raises OSError when the collector does not; `post_to` makes one
    :param clock: monotonic seconds
    """

    def __init__(self, send: Callable[[list[Event]], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._send = send
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: deque[Event] = deque()
        self._counts: dict[Hashable, tuple[float, Event]] = {}
        self._away = False
        self._wake = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None

    def put(self, event: Event) -> None:
        """Send an event with the next batch."""
        with self._lock:
            self._waiting.append(event)
            spilled = self._waiting.popleft() if len(self._waiting) > KEPT else None
            self._start()
        if spilled is not None:
            _write(spilled)

    def count(self, key: Hashable, make: Callable[[], Event]) -> None:
        """Send an event for all that have the same key within some seconds; its detail tells how many they were.

        :param make: makes the event, for the first of them only
        """
        with self._lock:
            found = self._counts.get(key)
            if found is not None:
                found[1]["detail"]["count"] += 1
                return
            if len(self._counts) >= COUNTED:
                self._release(float("inf"))
            event = make()
            event["detail"]["count"] = 1
            self._counts[key] = (self._clock(), event)
            self._start()

    def flush(self) -> bool:
        """Send what is due.

        :returns: whether the collector took it
        """
        with self._lock:
            self._release(self._clock() - COUNT_SECONDS)
        while True:
            with self._lock:
                batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            if not batch:
                return True
            try:
                self._send(batch)
            except OSError as error:
                with self._lock:
                    self._waiting.extendleft(reversed(batch))
                    spilled = [self._waiting.popleft() for _ in range(len(self._waiting) - KEPT)]
                for event in spilled:
                    _write(event)
                if not self._away:
                    log.warning("the audit service does not take events (%s); they are kept and sent again", error)
                self._away = True
                return False
            if self._away:
                log.warning("the audit service takes events again")
            self._away = False

    def close(self) -> None:
        """Send all that is left, or write it to standard error."""
        self._closed = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(2 * ANSWER_SECONDS)
        with self._lock:
            self._release(float("inf"))
        if not self.flush():
            with self._lock:
                left, self._waiting = self._waiting, deque()
            for event in left:
                _write(event)

    def _release(self, before: float) -> None:
        due = [key for key, (since, _) in self._counts.items() if since <= before]
        self._waiting.extend(self._counts.pop(key)[1] for key in due)

    def _start(self) -> None:
        # Only where there is something to send: MLflow imports the application in a process that serves nothing, too.
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
            self._thread.start()
            atexit.register(self.close)

    def _run(self) -> None:
        while not self._closed:
            self._wake.wait(BATCH_SECONDS)
            try:
                self.flush()
            except Exception:
                log.exception("events of the audit stream could not be sent")


def post_to(url: str) -> Callable[[list[Event]], None]:
    """What sends batches to an address, as a JSON array.

    :raises ValueError: unless it is one of HTTP
    """
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"AUDIT_URL is no address of HTTP: {url}")

    def send(batch: list[Event]) -> None:
        body = json.dumps(batch, ensure_ascii=False, default=str).encode("utf-8", "replace")
        request = urllib.request.Request(url, body, {"content-type": "application/json"})
        # Anything but 2xx and everything that goes wrong on the way is an OSError.
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
            answer.read()

    return send


def _write(event: Event) -> None:
    print(json.dumps(event, default=str), file=sys.stderr, flush=True)
