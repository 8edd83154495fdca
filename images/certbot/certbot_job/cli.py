"""`certbot-job [run]` works until it is stopped; `certbot-job healthy` ends with 0 while it does."""

import sys


def main() -> None:
    """The command of the image."""
    command = sys.argv[1] if len(sys.argv) > 1 else "run"
    if command == "healthy":
        _healthy()
    elif command == "run":
        _run()
    else:
        sys.exit(f"certbot-job: '{command}' is no command; it knows run and healthy")


def _healthy() -> None:
    from .heartbeat import problem

    if (found := problem()) is not None:
        sys.exit(f"certbot-job: {found}")


def _run() -> None:
    # Here, so that the health command need not load all of it.
    from .job import run
    from .logs import Scrubber, log_to_stdout
    from .settings import SettingsError, from_environment

    try:
        settings = from_environment()
    except SettingsError as error:
        print(f"certbot-job: {error}", file=sys.stderr)
        sys.exit(2)
    log_to_stdout(Scrubber(settings.secrets()))
    run(settings)
