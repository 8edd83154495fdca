"""HTTP towards other services: one session, time limits, and what their clocks say."""

import os
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import requests

from . import __name__ as package
from .times import now

CONNECT_SECONDS = 5
READ_SECONDS = 10
SYSTEM_CA = Path("/etc/ssl/certs/ca-certificates.crt")


def trust(runtime: Path, extra: Path) -> Path:
    """One file of all trusted CAs: the system's and the extra one. requests and Certbot read it by environment."""
    bundle = runtime / "trusted-ca.pem"
    parts = [file.read_text("utf-8") for file in (SYSTEM_CA, extra) if file.is_file()]
    runtime.mkdir(parents=True, exist_ok=True)
    bundle.write_text("\n".join(parts), "utf-8")
    os.environ["REQUESTS_CA_BUNDLE"] = str(bundle)
    return bundle


class Clock:
    """How far this machine's clock is from those of the services that it talks to."""

    def __init__(self) -> None:
        self.ahead: timedelta | None = None
        """Positive: this machine is ahead. None until a service has named its time."""
        self.of = ""

    def observe(self, response: requests.Response) -> None:
        """Take the Date header of an answer in."""
        try:
            said = parsedate_to_datetime(response.headers["Date"])
        except (KeyError, ValueError):
            return
        if said.tzinfo is None:
            said = said.replace(tzinfo=UTC)
        self.ahead = now() - said
        self.of = response.url.split("/")[2]


class Http:
    """GET with time limits. Its errors never hold a URL's query."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._session = requests.Session()
        self._session.headers["User-Agent"] = package.replace("_", "-")
        if clock is not None:
            self._session.hooks["response"].append(lambda response, *_, **__: clock.observe(response))

    def get(self, url: str, params: dict[str, str] | None = None, **options: Any) -> requests.Response:
        """Ask for a page; a redirect is an answer like any other.

        Raises:
            OSError: no answer. The text has neither path nor query, for these may hold secrets.
        """
        try:
            return self._session.get(
                url, params=params, timeout=(CONNECT_SECONDS, READ_SECONDS), allow_redirects=False, **options
            )
        except requests.RequestException as error:
            cause = _cause(error)
        # Outside the handler, so that the error of requests, which holds the URL, is not even its context.
        raise OSError(f"no answer from {url.split('/')[2]}: {cause}")


def _cause(error: requests.RequestException) -> str:
    kinds = {
        requests.exceptions.SSLError: "its certificate is not trusted",
        requests.exceptions.ConnectTimeout: f"no connection within {CONNECT_SECONDS} s",
        requests.exceptions.ReadTimeout: f"silence for {READ_SECONDS} s",
        requests.exceptions.ConnectionError: "the connection failed or its name is unknown",
    }
    return next((text for kind, text in kinds.items() if isinstance(error, kind)), type(error).__name__)
