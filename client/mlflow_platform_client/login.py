"""Signing in by device code (RFC 8628, with PKCE), and out again."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from . import settings
from .claims import claims_of, username_of
from .discovery import Platform, discover
from .errors import ConfigurationError, NotSignedInError, PlatformError, UnreachableError
from .grants import Grant, OAuthError, oauth_post, revoke, token_request
from .refusals import not_in_this_team
from .session import Session, load, save, session_file
from .sources import DeviceLogin, forget
from .sts import s3_file
from .teams import teams_of

#: RFC 8628: seconds between questions when the server names none, and what is added when it asks to slow down.
_INTERVAL = 5.0
_SLOWER = 5.0


@dataclass(frozen=True)
class Prompt:
    """What a person is shown.

    Attributes:
        url: Page to open, without the code.
        code: Code that the page asks for, or shows.
        complete_url: Page to open, with the code in it.
        seconds: How long the code is good for.
    """

    url: str
    code: str
    complete_url: str
    seconds: float


@dataclass(frozen=True)
class SignedIn:
    """How a sign-in has ended. `team` is None for somebody in several teams who has chosen none."""

    address: str
    username: str
    teams: list[str]
    team: str | None


def sign_in(address: str, team: str | None, show: Callable[[Prompt], None]) -> SignedIn:
    """Signs a person in and keeps the sign-in for this user's processes.

    Args:
        address: The platform, see `settings.address_of`.
        team: The team to work in; None to take the only one.
        show: Called once, to tell the person what to open. The call then waits until the person has agreed.

    Raises:
        PlatformError: If it does not come to that, or the person is in no team or not in this one.
    """
    platform = discover(address)
    grant = _device_grant(platform, show)
    forget(address)
    session = Session(
        address=address,
        issuer=platform.issuer,
        refresh_token=grant.refresh_token or "",
        access_token=grant.access_token,
        taken_at=grant.taken.wall,
        life=grant.life,
    )
    with session_file(address).lock():
        save(session)
    # Somebody else's keys, maybe.
    s3_file(DeviceLogin(address)).delete()
    who = username_of(claims_of(grant.access_token))
    try:
        teams = teams_of(DeviceLogin(address))
        if team is not None and team not in teams:
            raise not_in_this_team(team, teams, f"signed in as {who}")
    except PlatformError:
        # A sign-in that cannot be used is not left behind.
        sign_out(address)
        raise
    chosen = team or (teams[0] if len(teams) == 1 else None)
    with session_file(address).lock():
        save(replace(load(address) or session, team=chosen))
    return SignedIn(address, who, teams, chosen)


def sign_out(address: str) -> bool:
    """Ends the sign-in at Keycloak and deletes what is kept of it.

    Returns:
        False when nobody was signed in.

    Raises:
        UnreachableError: If Keycloak could not be told. The files are deleted all the same.
    """
    file = session_file(address)
    with file.lock():
        try:
            session = load(address)
        finally:
            # What cannot be used is not kept either.
            file.delete()
            s3_file(DeviceLogin(address)).delete()
            forget(address)
    if session is None:
        return False
    try:
        revoke(discover(address), session.refresh_token)
    except UnreachableError as error:
        raise UnreachableError(
            error.cause,
            "The sign-in was deleted here, but it was not revoked and ends by itself within a day",
            f"to end it at once, open {session.issuer}/account and sign out there",
        ) from error
    return True


def _device_grant(platform: Platform, show: Callable[[Prompt], None]) -> Grant:
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    client = {"client_id": platform.cli_client_id}
    try:
        device = oauth_post(
            platform.device_endpoint,
            {**client, "scope": "openid", "code_challenge": challenge, "code_challenge_method": "S256"},
        )
        prompt = Prompt(
            url=device["verification_uri"],
            code=device["user_code"],
            complete_url=device.get("verification_uri_complete", device["verification_uri"]),
            seconds=float(device["expires_in"]),
        )
        device_code = device["device_code"]
    except (OAuthError, KeyError, ValueError) as error:
        raise PlatformError(
            f"Keycloak at {platform.issuer} gives no code for signing in: {error}",
            "Nobody was signed in",
            "tell whoever runs the platform",
        ) from error
    show(prompt)
    form = {
        **client,
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "device_code": device_code,
        "code_verifier": verifier,
    }
    return _poll(platform, form, float(device.get("interval", _INTERVAL)), time.monotonic() + prompt.seconds)


def _poll(platform: Platform, form: dict[str, str], interval: float, until: float) -> Grant:
    """Asks until the person has agreed, as often as Keycloak allows."""
    while time.monotonic() < until:
        time.sleep(interval)
        try:
            return token_request(platform, form)
        except UnreachableError:
            # RFC 8628, section 3.5: after a lost connection ask less often.
            interval *= 2
        except OAuthError as error:
            if error.code == "slow_down":
                interval += _SLOWER
            elif error.code == "access_denied":
                raise NotSignedInError(
                    "The sign-in was refused on the page",
                    "Nobody was signed in",
                    f"mlflow-platform login {platform.address}, and agree on the page",
                ) from error
            elif error.code == "expired_token":
                break
            elif error.code != "authorization_pending":
                raise PlatformError(
                    f"Keycloak ends the sign-in: {error.code} {error.description}".rstrip(),
                    "Nobody was signed in",
                    f"mlflow-platform login {platform.address}; a disabled account stays refused",
                ) from error
    raise NotSignedInError(
        "The code has expired before anybody agreed",
        "Nobody was signed in",
        f"mlflow-platform login {platform.address}, and open the page within the time that it names",
    )


def the_address(given: str | None, known: list[str]) -> str:
    """The platform that a command is about: named, in the environment, or the only one signed in at.

    Raises:
        ConfigurationError: If it cannot be told.
    """
    if url := given or settings.value(settings.TRACKING_URI):
        return settings.address_of(url)
    if len(known) == 1:
        return known[0]
    raise ConfigurationError(
        f"It is not clear which platform: {settings.TRACKING_URI} is not set"
        + (f", and you are signed in at {', '.join(known)}" if known else ""),
        "Nothing was done",
        f"give its address as argument, or export {settings.TRACKING_URI}=<address>",
    )
