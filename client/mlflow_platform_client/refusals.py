"""Why MLflow says no, in words that name the next step."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from . import settings
from .claims import claims_of, groups_of, username_of
from .discovery import Platform
from .errors import NotSignedInError, PlatformError, RefusedError
from .sources import Credentials

#: Differences below this, in seconds, come from the resolution of the Date header and the time of the way.
_NOTICEABLE = 2.0


def server_time(date: str | None) -> float | None:
    """Seconds since 1970 by a Date header; None when there is none that can be read."""
    try:
        return parsedate_to_datetime(date).timestamp() if date else None
    except ValueError:
        return None


def explain_401(platform: Platform, credentials: Credentials, token: str, date: str | None) -> PlatformError:
    """Why MLflow does not accept a token, for which there is no better one.

    Args:
        credentials: Where the token is from.
        date: The Date header of MLflow's answer.
    """
    claims, source = claims_of(token), credentials.source
    now = server_time(date) or time.time()
    expires, issued = claims.get("exp"), claims.get("iat")
    who = username_of(claims)
    if not claims:
        return _useless(f"What {source} gives is no token of Keycloak")
    if claims.get("iss") != platform.issuer:
        return _useless(f"The token from {source} is of {claims.get('iss')}, not of {platform.issuer}")
    if isinstance(issued, (int, float)) and issued > now + _NOTICEABLE:
        return PlatformError(
            f"The clock of Keycloak is {issued - now:.0f} s ahead of MLflow's, which allows no difference",
            "MLflow refused the token as not valid yet",
            "have the platform's hosts set their clocks from the same source (NTP), then try again",
        )
    if isinstance(expires, (int, float)) and expires <= now and credentials.renews:
        return PlatformError(
            f"The clock of MLflow is so far ahead of Keycloak's that a new token is {now - expires:.0f} s too old",
            "MLflow refused the token as expired",
            "have the platform's hosts set their clocks from the same source (NTP), then try again",
        )
    if isinstance(expires, (int, float)) and expires <= now:
        ended = datetime.fromtimestamp(expires, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
        return NotSignedInError(
            f"The token from {source} expired at {ended}",
            "MLflow refused the request",
            f"whoever writes {settings.TOKEN_FILE} must renew it in time; people: unset it and run"
            f" mlflow-platform login {platform.address}",
        )
    audience = claims.get("aud")
    if platform.audience not in (audience if isinstance(audience, list) else [audience]):
        return _useless(f"The token from {source} is not meant for MLflow (audience {audience})")
    if not groups_of(claims):
        return not_in_a_team(platform.address, who)
    return RefusedError(
        f"MLflow at {platform.address} does not let {who} in, though Keycloak does",
        "The request was refused",
        "the account may be deactivated or just removed from its team: ask an administrator of the platform",
    )


def not_in_a_team(address: str, who: str) -> RefusedError:
    """Somebody whom Keycloak knows, but no team."""
    return RefusedError(
        f"{who} is in no team at {address}",
        "MLflow refused the request",
        "ask an administrator of the platform to add you to a team, then mlflow-platform login again",
    )


def not_in_this_team(team: str, teams: list[str], source: str) -> RefusedError:
    """A team that somebody has chosen and is not in."""
    own = f"your teams: {', '.join(teams)}" if teams else "you are in no team"
    return RefusedError(
        f"You are not in the team {team}; {own} ({source})",
        "MLflow refused the request",
        f"export {settings.WORKSPACE}={teams[0] if len(teams) == 1 else '<one of your teams>'}"
        if teams
        else "ask an administrator of the platform to add you to a team",
    )


def _useless(cause: str) -> RefusedError:
    return RefusedError(cause, "MLflow refused the request", f"correct {settings.TOKEN_FILE}, or unset it and sign in")
