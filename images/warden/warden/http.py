"""HTTP towards the services: time limits, few retries, and errors that say who did not answer."""

import json
from typing import Any

import urllib3

TIMEOUT = urllib3.Timeout(connect=3, read=20)
RETRY = urllib3.Retry(
    total=2,
    backoff_factor=0.3,
    status_forcelist=(502, 503, 504),
    # All that the warden asks for may be asked for twice.
    allowed_methods=None,
    redirect=0,
    raise_on_status=False,
)


class ServiceError(Exception):
    """A service did not answer, or not with what was asked for."""

    def __init__(self, service: str, what: str, status: int | None = None) -> None:
        super().__init__(f"{service}: {what}")
        self.service = service
        self.status = status


class Http:
    """One pool of connections to one service."""

    def __init__(self, service: str) -> None:
        self.service = service
        self._pool = urllib3.PoolManager(maxsize=2, timeout=TIMEOUT, retries=RETRY)

    def send(self, method: str, url: str, **options: Any) -> tuple[int, bytes]:
        """Status and body.

        Raises:
            ServiceError: no answer. The text holds no query, body or header.
        """
        try:
            answer = self._pool.request(method, url, **options)
        except urllib3.exceptions.HTTPError as error:
            raise ServiceError(self.service, f"no answer ({_cause(error)})") from None
        return answer.status, answer.data

    def json(self, method: str, url: str, expected: tuple[int, ...] = (200,), **options: Any) -> Any:
        """The body of an answer with one of the expected states, read as JSON.

        Raises:
            ServiceError: another state, no JSON, no answer.
        """
        status, data = self.send(method, url, **options)
        if status not in expected:
            raise ServiceError(self.service, f"{method} {_path(url)} answered {status}", status)
        try:
            return json.loads(data) if data else None
        except ValueError:
            raise ServiceError(
                self.service, f"{method} {_path(url)} answered something that is no JSON"
            ) from None


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[3].split("?")[0]


def _cause(error: urllib3.exceptions.HTTPError) -> str:
    return type(getattr(error, "reason", None) or error).__name__
