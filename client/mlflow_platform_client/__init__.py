"""Single sign-on, teams and S3 keys of mlflow-platform for MLflow's Python client.

Most programs need none of these functions: MLFLOW_TRACKING_URI and MLFLOW_TRACKING_AUTH=mlflow-platform are enough.
"""

from __future__ import annotations

import os

from . import settings as _settings
from .errors import ConfigurationError, NotSignedInError, PlatformError, RefusedError, UnreachableError
from .login import Prompt as _Prompt
from .login import SignedIn
from .login import sign_in as _sign_in
from .login import sign_out as _sign_out
from .login import the_address as _the_address
from .session import signed_in_addresses as _signed_in_addresses
from .sources import credentials_for as _credentials_for
from .sts import S3Credentials
from .sts import assume_role as _assume_role

__version__ = "0.1.0"
__all__ = [
    "ConfigurationError",
    "NotSignedInError",
    "PlatformError",
    "RefusedError",
    "S3Credentials",
    "SignedIn",
    "UnreachableError",
    "__version__",
    "login",
    "logout",
    "s3_credentials",
    "token",
    "use",
]


def login(url: str | None = None, team: str | None = None) -> SignedIn:
    """Signs you in from a notebook: prints an address to open, waits until you have agreed, then calls `use`.

    Args:
        url: The platform; default MLFLOW_TRACKING_URI.
        team: The team to work in; default the only one.

    Raises:
        PlatformError: If it does not come to that.
    """
    address = _the_address(url, _signed_in_addresses())

    def show(prompt: _Prompt) -> None:
        print(f"Open {prompt.complete_url} and agree; the page must show the code {prompt.code}.", flush=True)

    signed_in = _sign_in(address, team, show)
    use(address, signed_in.team)
    return signed_in


def use(url: str, team: str | None = None) -> None:
    """Has MLflow use a platform in this process and those that it starts, by setting their environment.

    Args:
        url: The platform.
        team: The team to work in; default the one of the sign-in, or the only one.
    """
    os.environ[_settings.TRACKING_URI] = _settings.address_of(url)
    os.environ[_settings.TRACKING_AUTH] = _settings.AUTH_NAME
    if team is not None:
        os.environ[_settings.WORKSPACE] = team


def logout(url: str | None = None) -> bool:
    """Ends your sign-in at Keycloak and deletes what is kept of it. False when you were not signed in."""
    return _sign_out(_the_address(url, _signed_in_addresses()))


def token(url: str | None = None) -> str:
    """A bearer token that is valid now, for programs that call MLflow's REST API themselves."""
    return _credentials_for(_the_address(url, _signed_in_addresses())).token()


def s3_credentials(url: str | None = None) -> S3Credentials:
    """Keys for the buckets of your teams, for programs that use the object store themselves."""
    return _assume_role(_credentials_for(_the_address(url, _signed_in_addresses())))
