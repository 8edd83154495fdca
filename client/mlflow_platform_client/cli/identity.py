"""Commands about who you are."""

from __future__ import annotations

import json
import os
import sys
import time
import webbrowser

import click

from .. import settings
from ..claims import claims_of, groups_of, username_of
from ..errors import PlatformError
from ..login import Prompt, sign_in, sign_out, the_address
from ..session import signed_in_addresses
from ..sources import credentials_for
from ..teams import teams_of

URL = click.argument("url", required=False)


@click.command()
@URL
@click.option("--team", metavar="TEAM", help="The team to work in; needed by who is in several.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def login(url: str | None, team: str | None, no_browser: bool) -> None:
    """Sign in with your browser.

    Prints an address and a code. Open it on any device, check the code and agree. The sign-in is kept for this user of
    this machine and lasts as long as the platform's sessions, a day at most.
    """
    address = the_address(url, signed_in_addresses())

    def show(prompt: Prompt) -> None:
        click.echo(f"Open   {prompt.complete_url}\nand agree if the page shows the code   {prompt.code}")
        click.echo(f"Waiting for up to {prompt.seconds / 60:.0f} minutes …")
        if not no_browser and _has_browser():
            webbrowser.open(prompt.complete_url)

    done = sign_in(address, team or settings.value(settings.WORKSPACE), show)
    where = f"team {done.team}" if done.team else f"teams {', '.join(done.teams)}"
    click.echo(f"Signed in at {done.address} as {done.username}, {where}.")
    if done.team is None:
        click.echo(f"Choose a team: export {settings.WORKSPACE}={done.teams[0] if done.teams else '<team>'}")
    click.echo('Next: eval "$(mlflow-platform env)", then run your program.')


@click.command()
@URL
def logout(url: str | None) -> None:
    """Sign out: at Keycloak, and on this machine."""
    address = the_address(url, signed_in_addresses())
    if sign_out(address):
        click.echo(f"Signed out at {address}.")
    else:
        click.echo(f"Nobody was signed in at {address}.")


@click.command()
@URL
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def whoami(url: str | None, as_json: bool) -> None:
    """Show who you are to the platform, and from where."""
    address = the_address(url, signed_in_addresses())
    credentials = credentials_for(address)
    token = credentials.token()
    claims = claims_of(token)
    teams = teams_of(credentials)
    named = settings.value(settings.WORKSPACE)
    team = named or credentials.team or (teams[0] if len(teams) == 1 else None)
    expires = claims.get("exp")
    seconds = round(expires - time.time()) if isinstance(expires, (int, float)) else None
    if as_json:
        found = {
            "address": address,
            "username": username_of(claims),
            "team": team,
            "teams": teams,
            "groups": groups_of(claims),
            "source": credentials.source,
            "tokenSeconds": seconds,
        }
        click.echo(json.dumps(found, indent=2))
        return
    chosen = f" ({settings.WORKSPACE})" if named else ""
    rows = {
        "platform": address,
        "user": username_of(claims),
        "team": f"{team}{chosen}" if team else f"none chosen: export {settings.WORKSPACE}=<team>",
        "teams": ", ".join(teams) or "none",
        "groups": ", ".join(groups_of(claims)) or "none",
        "source": credentials.source,
        "token": f"valid for {seconds} s, renewed by itself" if seconds is not None else "without an end",
    }
    click.echo("\n".join(f"{name:<9} {text}" for name, text in rows.items()))
    if named and named not in teams:
        raise PlatformError(
            f"{settings.WORKSPACE} is {named}, and you are not in that team",
            "MLflow refuses requests for it",
            f"export {settings.WORKSPACE}={teams[0] if teams else '<team>'}",
        )


def _has_browser() -> bool:
    """Whether a browser would open where the person sits, rather than far away or in this very terminal."""
    if os.environ.get("SSH_CONNECTION"):
        return False
    return not sys.platform.startswith("linux") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
