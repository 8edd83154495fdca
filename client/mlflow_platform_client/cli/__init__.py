"""The command `mlflow-platform`."""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from ..errors import PlatformError
from .access import configure_aws, env, s3_credentials, token
from .identity import login, logout, whoami


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mlflow-platform-client", prog_name="mlflow-platform")
def cli() -> None:
    """Sign in to an mlflow-platform, and use it from other programs.

    URL is the platform's address; without it MLFLOW_TRACKING_URI is used, or the only platform that you are signed
    in at. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.
    """


for command in (login, logout, whoami, env, token, s3_credentials, configure_aws):
    cli.add_command(command)


def main() -> NoReturn:
    """Runs the command; what people cannot help is no stack trace."""
    try:
        cli.main(prog_name="mlflow-platform", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        print("Interrupted.", file=sys.stderr)
        sys.exit(1)
    except PlatformError as error:
        print(f"Error: {error.cause}.\n{error.consequence}.\nNext: {error.next_step}", file=sys.stderr)
        sys.exit(error.exit_code)
    sys.exit(0)
