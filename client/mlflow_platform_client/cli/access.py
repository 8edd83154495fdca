"""Commands whose output other programs use."""

from __future__ import annotations

import json

import click

from .. import settings
from ..aws import add_profile, config_path, profile_text
from ..discovery import discover
from ..login import the_address
from ..session import signed_in_addresses
from ..shells import SHELLS, lines
from ..sources import credentials_for
from ..sts import kept_credentials
from ..teams import choose_team
from .identity import URL


@click.command()
@URL
@click.option("--shell", type=click.Choice(SHELLS), default="sh", show_default=True, help="In whose words.")
def env(url: str | None, shell: str) -> None:
    """Print the environment for MLflow; no secret is in it.

    sh: eval "$(mlflow-platform env)". fish: mlflow-platform env --shell fish | source. PowerShell: mlflow-platform env
    --shell powershell | Invoke-Expression. dotenv: for files named .env, without the word export.
    """
    address = the_address(url, signed_in_addresses())
    variables = {settings.TRACKING_URI: address, settings.TRACKING_AUTH: settings.AUTH_NAME}
    variables[settings.WORKSPACE] = settings.value(settings.WORKSPACE) or choose_team(credentials_for(address))
    if trusted := settings.ca_bundle():
        variables[settings.CA_VARIABLES[0]] = trusted[0]
    click.echo(lines(shell, variables), nl=False)


@click.command()
@URL
def token(url: str | None) -> None:
    """Print a bearer token for MLflow's REST API, for curl and the like."""
    click.echo(credentials_for(the_address(url, signed_in_addresses())).token())


@click.command()
@URL
def s3_credentials(url: str | None) -> None:
    """Print S3 keys as an AWS `credential_process` does.

    They are good for the buckets of your teams, for an hour, and are kept in a private file until shortly before.
    """
    keys = kept_credentials(credentials_for(the_address(url, signed_in_addresses())))
    printed = {
        "Version": 1,
        "AccessKeyId": keys.access_key_id,
        "SecretAccessKey": keys.secret_access_key,
        "SessionToken": keys.session_token,
        "Expiration": keys.expiration,
    }
    click.echo(json.dumps(printed, indent=2))


@click.command()
@URL
@click.option("--profile", default="mlflow-platform", show_default=True, help="Name of the profile.")
@click.option("--print", "only_print", is_flag=True, help="Print it, change nothing.")
def configure_aws(url: str | None, profile: str, only_print: bool) -> None:
    """Add a profile to AWS's configuration, so that aws, boto3 and others use the platform's object store."""
    platform = discover(the_address(url, signed_in_addresses()))
    if only_print:
        click.echo(profile_text(platform, profile), nl=False)
        return
    added = add_profile(platform, profile)
    click.echo(f"{config_path()} {'has now' if added else 'had already'} the profile {profile}.")
    click.echo(f"Next: aws s3 ls s3://mlflow-<team> --profile {profile}")
