"""The requests to Keycloak that give and take back tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from .clock import Moment
from .discovery import Platform
from .errors import NotSignedInError, PlatformError, RefusedError
from .transport import call


@dataclass(frozen=True)
class Grant:
    """What Keycloak has given.

    Attributes:
        life: Seconds that the access token is valid from `taken` on.
        taken: When it was asked for, which is before it was made.
    """

    access_token: str
    life: float
    taken: Moment
    refresh_token: str | None = None


class OAuthError(Exception):
    """An error answer by RFC 6749, section 5.2."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(code, description)
        self.code = code
        self.description = description

    def says(self, *words: str) -> bool:
        """Whether code or description has one of the words."""
        text = f"{self.code} {self.description}".lower()
        return any(word in text for word in words)


def client_credentials(platform: Platform, client_id: str, secret: str, *, patient: bool) -> Grant:
    """A service account's token.

    Raises:
        RefusedError: If Keycloak knows no such account or the secret is wrong.
    """
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    try:
        return token_request(platform, form, patient=patient)
    except OAuthError as error:
        if error.says("disabled"):
            raise _disabled(f"The service account {client_id}") from error
        if error.says("invalid_client", "unauthorized_client"):
            raise RefusedError(
                f"Keycloak does not accept this client secret of the service account {client_id}",
                "MLflow was not called",
                "take the present secret from the output `credentials` of the platform"
                " (`npm run env -- --team <team>` there); it changes when the account is rotated",
            ) from error
        raise _odd(error) from error


def refresh(platform: Platform, refresh_token: str, *, patient: bool) -> Grant:
    """A new access token of a person who has signed in.

    Raises:
        NotSignedInError: If the sign-in has ended.
        RefusedError: If the account is disabled.
    """
    form = {
        "grant_type": "refresh_token",
        "client_id": platform.cli_client_id,
        "refresh_token": refresh_token,
    }
    try:
        return token_request(platform, form, patient=patient)
    except OAuthError as error:
        if error.says("disabled"):
            raise _disabled("Your account") from error
        if error.says("invalid_grant"):
            raise NotSignedInError(
                f"Your sign-in at {platform.address} has expired or was revoked",
                "MLflow was not called",
                f"mlflow-platform login {platform.address}",
            ) from error
        raise _odd(error) from error


def revoke(platform: Platform, refresh_token: str) -> None:
    """Makes a refresh token, and the sign-in behind it, worthless. One that is unknown already is fine."""
    form = {
        "client_id": platform.cli_client_id,
        "token": refresh_token,
        "token_type_hint": "refresh_token",
    }
    response = call("Keycloak", "POST", platform.revocation_endpoint, form=form)
    if response.status_code != 200:
        error = _error(response)
        if not error.says("invalid_token", "invalid_grant"):
            raise _odd(error)


def token_request(platform: Platform, form: Mapping[str, str], *, patient: bool = False) -> Grant:
    """Asks the token endpoint.

    Raises:
        OAuthError: If the answer is an error.
    """
    taken = Moment()
    answer = oauth_post(platform.token_endpoint, form, patient=patient)
    try:
        return Grant(
            access_token=answer["access_token"],
            life=float(answer["expires_in"]),
            taken=taken,
            refresh_token=answer.get("refresh_token"),
        )
    except (KeyError, ValueError) as error:
        raise OAuthError("odd_answer", f"the answer of {platform.token_endpoint} lacks {error}") from error


def oauth_post(url: str, form: Mapping[str, str], *, patient: bool = False) -> dict[str, Any]:
    """Posts a form to one of Keycloak's endpoints.

    Raises:
        OAuthError: If the answer is an error.
    """
    response = call("Keycloak", "POST", url, form=form, patient=patient)
    if response.status_code != 200:
        raise _error(response)
    return _body(response)


def _body(response: requests.Response) -> dict[str, Any]:
    try:
        parsed = response.json()
    except ValueError:
        parsed = None
    return parsed if isinstance(parsed, dict) else {}


def _error(response: requests.Response) -> OAuthError:
    body = _body(response)
    return OAuthError(str(body.get("error", f"HTTP {response.status_code}")), str(body.get("error_description", "")))


def _disabled(who: str) -> RefusedError:
    return RefusedError(
        f"{who} is disabled at Keycloak",
        "No token was given, and MLflow was not called",
        "ask an administrator of the platform",
    )


def _odd(error: OAuthError) -> PlatformError:
    return PlatformError(
        f"Keycloak refuses to give a token: {error.code} {error.description}".rstrip(),
        "MLflow was not called",
        "tell whoever runs the platform; Keycloak's events say more",
    )
