"""Lines on stdout that a person can follow, and that never hold a secret."""

import logging
import sys
import time
from collections.abc import Iterable
from urllib.parse import quote, quote_plus


class Scrubber:
    """Takes secrets out of text."""

    def __init__(self, secrets: Iterable[str]) -> None:
        # In a URL the same secret may look different.
        forms = {
            form
            for secret in secrets
            if secret
            for form in (secret, quote(secret, safe=""), quote_plus(secret))
        }
        # The longest first: one form may be a part of another.
        self._forms = sorted(forms, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, "[secret]")
        return text


class _Formatter(logging.Formatter):
    """`2026-01-31T12:00:00Z renewal: text`, the level only where it is not INFO. Tracebacks are scrubbed too."""

    converter = staticmethod(time.gmtime)

    def __init__(self, scrub: Scrubber) -> None:
        super().__init__("%(asctime)s %(name)s: %(level)s%(message)s", "%Y-%m-%dT%H:%M:%SZ")
        self._scrub = scrub

    def format(self, record: logging.LogRecord) -> str:
        record.level = "" if record.levelno <= logging.INFO else f"{record.levelname}: "
        return self._scrub(super().format(record))


def log_to_stdout(scrub: Scrubber) -> None:
    """Set the job's logging up, once per process."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_Formatter(scrub))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # It writes whole URLs.
    logging.getLogger("urllib3").setLevel(logging.ERROR)


def scrub_records(scrub: Scrubber) -> None:
    """Scrub each log record of this process when it is made: Certbot writes log files of its own."""
    make = logging.getLogRecordFactory()

    def scrubbed(*args: object, **kwargs: object) -> logging.LogRecord:
        record = make(*args, **kwargs)
        record.msg, record.args = scrub(record.getMessage()), ()
        return record

    logging.setLogRecordFactory(scrubbed)
    # Its debug lines are whole URLs; with these there is nothing to scrub.
    logging.getLogger("urllib3").setLevel(logging.INFO)
