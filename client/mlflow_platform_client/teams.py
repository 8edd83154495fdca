"""Which team a request is for."""

from __future__ import annotations

from . import settings
from .claims import claims_of, username_of
from .discovery import discover
from .errors import ConfigurationError, PlatformError
from .refusals import explain_401, not_in_a_team
from .sources import Credentials
from .transport import call

HEADER = "X-MLFLOW-WORKSPACE"
_WORKSPACES = "/api/3.0/mlflow/workspaces"


def teams_of(credentials: Credentials, *, patient: bool = False) -> list[str]:
    """The teams that somebody may work in, sorted.

    Raises:
        PlatformError: If MLflow does not answer or does not know the caller.
    """
    url = credentials.address + _WORKSPACES
    token = credentials.token()
    response = call("MLflow", "GET", url, token=token, patient=patient)
    if response.status_code == 401:
        another = credentials.another(token)
        if another != token:
            token = another
            response = call("MLflow", "GET", url, token=token, patient=patient)
    if response.status_code == 401:
        raise explain_401(discover(credentials.address), credentials, token, response.headers.get("Date"))
    try:
        response.raise_for_status()
        return sorted(str(workspace["name"]) for workspace in response.json()["workspaces"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PlatformError(
            f"MLflow at {credentials.address} does not list your teams (HTTP {response.status_code})",
            "No team could be chosen",
            f"export {settings.WORKSPACE}=<team>; if that does not help, tell whoever runs the platform",
        ) from error


def choose_team(credentials: Credentials, *, patient: bool = False) -> str:
    """The team to work in when MLFLOW_WORKSPACE names none: chosen at sign-in, or else the only one.

    Raises:
        ConfigurationError: If there are several and none was chosen.
        RefusedError: If there is none.
    """
    if chosen := credentials.team:
        return chosen
    teams = teams_of(credentials, patient=patient)
    if not teams:
        raise not_in_a_team(credentials.address, username_of(claims_of(credentials.token())))
    if len(teams) > 1:
        raise ConfigurationError(
            f"You are in several teams: {', '.join(teams)}",
            "It is not clear which one to work in, and MLflow was not called",
            f"export {settings.WORKSPACE}={teams[0]}, or mlflow-platform login {credentials.address} --team {teams[0]}",
        )
    return teams[0]
