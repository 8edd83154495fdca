"""HTTP to MLflow, Keycloak and the object store: one trust, one way of failing."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from . import settings
from .errors import ConfigurationError, PlatformError, UnreachableError

#: Seconds to connect, and between two pieces of an answer.
TIMEOUT = (10.0, 30.0)
_BUSY = (429, 502, 503, 504)


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Takes the place of requests' default, which would send what ~/.netrc has for the host."""
    return request


def _retries(patient: bool) -> Retry:
    """Somebody at a terminal wants to know at once; a training has time, as much as MLflow takes itself."""
    return Retry(
        total=int(os.environ.get("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "7")) if patient else 0,
        backoff_factor=float(os.environ.get("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "2")),
        status_forcelist=_BUSY if patient else (),
        allowed_methods=None,
        raise_on_status=False,
    )


def call(
    service: str,
    method: str,
    url: str,
    *,
    form: Mapping[str, str] | None = None,
    token: str | None = None,
    patient: bool = False,
) -> requests.Response:
    """Sends one request, without following redirects.

    Connections are not kept: these calls are rare, and a kept one would be shared with forked processes.

    Args:
        service: What answers there, for messages: "MLflow", "Keycloak" or "The object store".
        form: Sent as a form.
        token: Sent as bearer token.
        patient: Whether to try again for some minutes, as MLflow does with its own requests.

    Raises:
        UnreachableError: If nothing answers, or only that the service is not there.
        ConfigurationError: If a file of certificates cannot be read.
        PlatformError: If the service's certificate is not trusted.
    """
    trusted = settings.ca_bundle()
    adapter = HTTPAdapter(max_retries=_retries(patient))
    with requests.Session() as session:
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        try:
            response = session.request(
                method,
                url,
                data=form,
                headers={"Accept": "*/*", **({"Authorization": f"Bearer {token}"} if token else {})},
                auth=_unchanged,
                timeout=TIMEOUT,
                verify=trusted[0] if trusted else True,
                allow_redirects=False,
            )
        except requests.exceptions.SSLError as error:
            raise _untrusted(service, url, error) from error
        except requests.exceptions.RequestException as error:
            raise _unreachable(service, url, _reason(error)) from error
        except OSError as error:
            # requests' own words when the file of certificates is missing.
            if trusted is None:
                raise
            raise _no_certificates(service, *trusted) from error
    if response.status_code in _BUSY and response.status_code != 429:
        raise _unreachable(service, url, f"HTTP {response.status_code}")
    return response


def _unreachable(service: str, url: str, reason: str) -> UnreachableError:
    return UnreachableError(
        f"{service} at {settings.address_of(url)} does not answer ({reason})",
        "Nothing was sent or changed",
        "try again in a minute; if it stays away, ask whoever runs the platform (`npm run status` there)",
    )


def _untrusted(service: str, url: str, error: Exception) -> PlatformError:
    trusted = settings.ca_bundle()
    if trusted and "no certificate or crl found" in str(error).lower().replace("_", " "):
        return _no_certificates(service, *trusted)
    by = f"the CA file {trusted[0]} ({trusted[1]})" if trusted else "this machine's list of CAs"
    if any(words in str(error) for words in ("not yet valid", "has expired")):
        return PlatformError(
            f"The certificate of {service} at {settings.address_of(url)} is not valid at this machine's time",
            "No token or password was sent",
            "compare `date` with the real time and set the clock; if it is right, the certificate has run out",
        )
    return PlatformError(
        f"The certificate of {service} at {settings.address_of(url)} is not trusted by {by}",
        "No token or password was sent",
        "save the platform's CA as a PEM file and name it: export MLFLOW_TRACKING_SERVER_CERT_PATH=/path/to/ca.pem"
        " (or REQUESTS_CA_BUNDLE, for all programs that use requests)",
    )


def _no_certificates(service: str, path: str, variable: str) -> ConfigurationError:
    return ConfigurationError(
        f"{variable} names {path}, which cannot be read as a file of certificates",
        f"{service} was not called",
        f"correct or unset {variable}",
    )


def _reason(error: Exception) -> str:
    """The innermost cause, which says more than the retries around it."""
    while True:
        inner = getattr(error, "reason", None) or (error.args[0] if error.args else None)
        if not isinstance(inner, Exception):
            break
        error = inner
    text = str(error).rpartition(": ")[2].strip("()'\" ")
    return re.sub(r"^\[Errno -?\d+\] ", "", text) or type(error).__name__
