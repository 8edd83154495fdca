"""MLflow's way in: `MLFLOW_TRACKING_AUTH=mlflow-platform`."""

from __future__ import annotations

import functools
import os
import threading
from typing import Any
from urllib.parse import urlsplit

import requests
from mlflow.tracking.request_auth.abstract_request_auth_provider import RequestAuthProvider
from mlflow.utils.workspace_context import get_request_workspace, set_workspace
from requests.auth import AuthBase

from . import settings
from .discovery import discover
from .forks import renew_after_fork
from .refusals import explain_401, not_in_this_team
from .sources import Credentials, credentials_for
from .teams import HEADER, choose_team, teams_of


class PlatformAuthProvider(RequestAuthProvider):
    """What MLflow finds by the entry point `mlflow.request_auth_provider`."""

    def get_name(self) -> str:
        """The value of MLFLOW_TRACKING_AUTH."""
        return settings.AUTH_NAME

    def get_auth(self) -> PlatformAuth:
        """Asked for at each request."""
        return PlatformAuth()


class PlatformAuth(AuthBase):
    """Gives a request its token and its team. Works with `requests` directly too: `auth=PlatformAuth()`."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        url = request.url or ""
        # By the request's own address: a token goes to the platform that it is for, and nowhere else.
        address = settings.address_of(url)
        credentials = credentials_for(address)
        _trust_for_requests()
        token = credentials.token()
        request.headers["Authorization"] = f"Bearer {token}"
        if HEADER not in request.headers and "/mlflow/workspaces" not in urlsplit(url).path:
            request.headers[HEADER] = _team(credentials)
        request.register_hook(  # type: ignore[no-untyped-call]
            "response",
            functools.partial(_answered, credentials=credentials, token=token, position=_position(request.body)),
        )
        return request


def _answered(
    response: requests.Response,
    *,
    credentials: Credentials,
    token: str,
    position: int | None,
    **settings_of_send: Any,
) -> requests.Response:
    """Repeats a request once, with another token; explains a refusal for which there is a reason to be seen."""
    request = response.request
    if settings.address_of(request.url or "") != credentials.address:
        # A redirect has led elsewhere.
        return response
    if response.status_code == 401:
        another = credentials.another(token)
        if another != token and (repeated := _repeat(response, another, position, settings_of_send)) is not None:
            response, token = repeated, another
    if response.status_code == 401:
        # The body is short; reading it gives the connection back.
        response.content  # noqa: B018
        raise explain_401(discover(credentials.address), credentials, token, response.headers.get("Date"))
    if response.status_code == 403 and (team := request.headers.get(HEADER)):
        teams = _known_teams(credentials, team)
        if team not in teams:
            response.content  # noqa: B018
            raise not_in_this_team(str(team), teams, credentials.source)
    return response


def _repeat(
    response: requests.Response, token: str, position: int | None, settings_of_send: dict[str, Any]
) -> requests.Response | None:
    request = response.request.copy()
    if hasattr(request.body, "read") or hasattr(request.body, "__next__"):
        if position is None:
            # What has been sent cannot be read again.
            return None
        request.body.seek(position)  # type: ignore[union-attr]
    response.content  # noqa: B018
    response.close()
    request.headers["Authorization"] = f"Bearer {token}"
    repeated: requests.Response = response.connection.send(request, **settings_of_send)
    repeated.history.append(response)
    repeated.request = request
    return repeated


def _position(body: Any) -> int | None:
    """Where a file that is sent begins; None for what cannot be read twice, or needs not be."""
    try:
        return int(body.tell())
    except (AttributeError, OSError):
        return None


_teams: dict[Credentials, str] = {}
_member_of: dict[Credentials, list[str]] = {}
_lock = threading.Lock()


@renew_after_fork
def _renew_lock() -> None:
    global _lock
    _lock = threading.Lock()


def _team(credentials: Credentials) -> str:
    """The team of a request that MLflow has given none."""
    if named := get_request_workspace():
        return str(named)
    with _lock:
        if credentials not in _teams:
            _teams[credentials] = choose_team(credentials, patient=True)
        team = _teams[credentials]
    # So MLflow itself knows it from now on: for links, and for threads and processes that it starts.
    set_workspace(team)
    return team


def _known_teams(credentials: Credentials, team: str | bytes) -> list[str]:
    """The caller's teams; asked for again when a team is not among them."""
    with _lock:
        known = _member_of.get(credentials, [])
        if team not in known:
            known = _member_of[credentials] = teams_of(credentials)
        return known


def _trust_for_requests() -> None:
    """Lets requests, and so MLflow, trust the CA that Python itself is told to trust."""
    trusted = settings.ca_bundle()
    if trusted is not None and trusted[1] == "SSL_CERT_FILE":
        os.environ["REQUESTS_CA_BUNDLE"] = trusted[0]
