"""`audit-service` takes events until it is stopped."""

import logging
import sys
import time


def main() -> None:
    """The command of the image."""
    from aiohttp import web

    from .server import Service
    from .settings import SettingsError, from_environment
    from .stream import standard_output

    try:
        settings = from_environment()
    except SettingsError as error:
        print(f"audit-service: {error}", file=sys.stderr)
        sys.exit(2)
    # Standard output is the stream itself, for whoever ships logs; what the service has to say goes beside it.
    logging.Formatter.converter = time.gmtime
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="%(asctime)s %(name)s: %(message)s",
        datefmt="%Y-%m-%dT%H:%M:%SZ",
    )
    logging.getLogger("service").info(
        "started; keeps %d days and %d MiB at most in %s", settings.days, settings.max_mib, settings.folder
    )
    web.run_app(
        Service(settings, standard_output()).app(),
        port=settings.port,
        access_log=None,
        print=lambda *_: None,
        shutdown_timeout=5,
    )
