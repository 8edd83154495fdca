"""What a platform says about itself: the only thing to configure is its address."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import requests

from . import settings
from .errors import ConfigurationError, PlatformError
from .forks import renew_after_fork
from .transport import call

_PATH = "/.well-known/mlflow-platform"
_VERSION = 1


@dataclass(frozen=True)
class Platform:
    """Addresses and names of a platform."""

    address: str
    issuer: str
    cli_client_id: str
    audience: str
    s3_endpoint: str
    s3_region: str
    token_endpoint: str
    device_endpoint: str
    revocation_endpoint: str


_known: dict[str, Platform] = {}
_lock = threading.Lock()


@renew_after_fork
def _renew_lock() -> None:
    global _lock
    _lock = threading.Lock()


def discover(address: str, *, patient: bool = False) -> Platform:
    """Asks a platform for its description, once for each process.

    Args:
        address: As `settings.address_of` gives it.
        patient: See `transport.call`.

    Raises:
        ConfigurationError: If there is something else than a platform of a version that this package knows.
        UnreachableError: If MLflow or Keycloak does not answer.
    """
    with _lock:
        if address not in _known:
            _known[address] = _ask(address, patient)
        return _known[address]


def _ask(address: str, patient: bool) -> Platform:
    response = call("MLflow", "GET", address + _PATH, patient=patient)
    if response.is_redirect:
        other = settings.address_of(urljoin(address, response.headers["Location"]))
        if other != address:
            raise ConfigurationError(
                f"{address} sends callers on to {other}",
                "Tokens are not sent to a second address",
                f"export {settings.TRACKING_URI}={other}",
            )
    described = _object(response)
    if described is None or "issuer" not in described:
        raise ConfigurationError(
            f"{address} is no mlflow-platform: it has no description at {_PATH} (HTTP {response.status_code})",
            "No token or password was sent",
            f"check the address in {settings.TRACKING_URI}; for another MLflow server unset {settings.TRACKING_AUTH}",
        )
    if described.get("version") != _VERSION:
        raise ConfigurationError(
            f"{address} describes itself in version {described.get('version')}, this package knows version {_VERSION}",
            "No token or password was sent",
            "install the mlflow-platform-client of the platform's own release",
        )
    issuer = str(described["issuer"])
    if address.startswith("https:") and not issuer.startswith("https:"):
        raise ConfigurationError(
            f"{address} names a sign-in without https: {issuer}",
            "No token or password was sent",
            "tell whoever runs the platform",
        )
    endpoints = _object(call("Keycloak", "GET", f"{issuer}/.well-known/openid-configuration", patient=patient))
    if endpoints is None or endpoints.get("issuer") != issuer:
        raise PlatformError(
            f"Keycloak at {issuer} does not describe itself as {issuer}",
            "No token or password was sent",
            "tell whoever runs the platform",
        )
    try:
        return Platform(
            address=address,
            issuer=issuer,
            cli_client_id=described["cliClientId"],
            audience=described["audience"],
            s3_endpoint=described["s3"]["endpoint"],
            s3_region=described["s3"]["region"],
            token_endpoint=endpoints["token_endpoint"],
            device_endpoint=endpoints["device_authorization_endpoint"],
            revocation_endpoint=endpoints["revocation_endpoint"],
        )
    except (KeyError, TypeError) as error:
        raise PlatformError(
            f"The description of {address} lacks {error}",
            "No token or password was sent",
            "tell whoever runs the platform",
        ) from error


def _object(response: requests.Response) -> dict[str, Any] | None:
    if response.status_code != 200:
        return None
    try:
        parsed = response.json()
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None
