"""`warden [run]` works until it is stopped; `warden healthy` ends with 0 while it does."""

import sys


def main() -> None:
    """The command of the image."""
    command = sys.argv[1] if len(sys.argv) > 1 else "run"
    if command == "healthy":
        from .health import problem, summary

        if (found := problem()) is not None:
            sys.exit(f"warden: {found}")
        print(summary())
    elif command == "run":
        _run()
    else:
        sys.exit(f"warden: '{command}' is no command; it knows run and healthy")


def _run() -> None:
    # Here, so that the health command need not load all of it.
    from .loop import run
    from .settings import SettingsError, from_environment

    try:
        settings = from_environment()
    except SettingsError as error:
        print(f"warden: {error}", file=sys.stderr)
        sys.exit(2)
    run(settings)
