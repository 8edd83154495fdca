"""`python -m certbot_job.certbot_main OUTCOME CERTBOT-ARGUMENT...`: Certbot, with what the job needs around it.

- Just before an order, DuckDNS is asked whether it works: when it is dead, no order is made.
- DuckDNS has one TXT record per domain, so the challenges of an order are answered one after the other.
- A refused nonce is tried again more than once.
- OUTCOME is a file that then says whether an order was made, and why Certbot failed.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tenacity
from acme import client, messages
from certbot import errors
from certbot import main as certbot

# Private, which is why the version is pinned and a test looks at the signature.
from certbot._internal.auth_handler import AuthHandler

from .duckdns import DuckDns, DuckDnsError
from .http import Http
from .logs import Scrubber, scrub_records
from .settings import Settings, SettingsError, from_environment

NONCE_ATTEMPTS = 6


class Watch:
    """Notes that an order was made, after a last look at DuckDNS."""

    def __init__(self, settings: Settings) -> None:
        self.ordered = False
        self._settings = settings

    def before_order(self, new_order: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap `ClientV2.new_order`."""

        def checked(*args: Any, **kwargs: Any) -> Any:
            if self._settings.challenge == "dns-duckdns":
                settings = self._settings
                try:
                    DuckDns(settings.duckdns_api, settings.duckdns_domain, settings.token, Http()).clear_txt()
                except (DuckDnsError, SettingsError) as error:
                    raise errors.Error(f"No order was made: {error}") from None
            self.ordered = True
            return new_order(*args, **kwargs)

        return checked


def one_by_one(handle: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """Wrap `AuthHandler.handle_authorizations`: an order's authorizations as if each were all of it."""

    def handled(self: AuthHandler, order: messages.OrderResource, *args: Any, **kwargs: Any) -> list[Any]:
        return [
            done
            for authorization in order.authorizations
            for done in handle(self, order.update(authorizations=[authorization]), *args, **kwargs)
        ]

    return handled


def patient_with_nonces(post: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap `ClientNetwork.post`, which tries a refused nonce again only once."""
    return tenacity.retry(
        retry=tenacity.retry_if_exception(
            lambda error: isinstance(error, messages.Error) and error.code == "badNonce"
        ),
        stop=tenacity.stop_after_attempt(NONCE_ATTEMPTS),
        wait=tenacity.wait_random(0, 0.5),
        reraise=True,
    )(post)


def main(outcome: Path, arguments: list[str]) -> None:
    """Run Certbot and end as it ends."""
    settings = from_environment()
    scrub = Scrubber(settings.secrets())
    scrub_records(scrub)
    watch = Watch(settings)
    client.ClientV2.new_order = watch.before_order(client.ClientV2.new_order)  # type: ignore[method-assign]
    client.ClientNetwork.post = patient_with_nonces(client.ClientNetwork.post)  # type: ignore[method-assign]
    if settings.challenge == "dns-duckdns":
        AuthHandler.handle_authorizations = one_by_one(AuthHandler.handle_authorizations)  # type: ignore[method-assign]
    error: str | None = None
    try:
        code = certbot.main(arguments)
        error = str(code) if code else None
        sys.exit(code)
    except Exception as failure:
        error = scrub(str(failure) or type(failure).__name__)
        raise
    finally:
        outcome.write_text(json.dumps({"ordered": watch.ordered, "error": error}), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
