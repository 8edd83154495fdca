"""Certbot's authenticator `dns-duckdns`.

Certbot loads it by its entry point in a process of its own. Settings and token come from where the job reads them, so
that no file or argument of Certbot's holds either.
"""

import logging
from collections.abc import Callable, Iterable
from threading import Event
from typing import Any

from acme import challenges
from certbot import errors, interfaces
from certbot.achallenges import AnnotatedChallenge
from certbot.plugins import common

from .dns_view import DnsView, NotVisible
from .duckdns import DuckDns, DuckDnsError
from .http import Http
from .settings import SettingsError, from_environment

log = logging.getLogger(__name__)


class Authenticator(common.Plugin, interfaces.Authenticator):
    """Answers DNS challenges with the TXT record of a DuckDNS domain."""

    description = "DNS challenges by the TXT record of a DuckDNS domain."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._settings = from_environment()
        self._duckdns = DuckDns(
            self._settings.duckdns_api, self._settings.duckdns_domain, self._settings.token, Http()
        )

    @classmethod
    def add_parser_arguments(cls, add: Callable[..., None]) -> None:
        """There are none."""

    def more_info(self) -> str:
        """What it does, for Certbot's help."""
        return "Sets the TXT record of a DuckDNS domain and waits until the DNS shows it."

    def prepare(self) -> None:
        """Nothing to check before an order."""

    def get_chall_pref(self, domain: str) -> Iterable[type[challenges.Challenge]]:
        """Only DNS challenges."""
        return [challenges.DNS01]

    def perform(self, achalls: list[AnnotatedChallenge]) -> list[challenges.ChallengeResponse]:
        """Set the record and wait until it is visible. An error here is an order given up before the CA has looked."""
        # The domain has one TXT record; `certbot_main` hands the challenges of an order over one by one.
        if len(achalls) != 1:
            raise errors.PluginError(
                "DuckDNS has one TXT record per domain, so challenges must come one by one"
            )
        achall = achalls[0]
        response, value = achall.response(achall.account_key), achall.validation(achall.account_key)
        name = achall.validation_domain_name(achall.domain)
        try:
            self._duckdns.set_txt(value)
            DnsView(self._settings.resolver).wait_for_txt(name, value, Event())
        except (DuckDnsError, NotVisible, SettingsError) as error:
            problem = str(error)
        else:
            log.info("The TXT record of %s is visible", name)
            return [response]
        raise errors.PluginError(problem)

    def cleanup(self, achalls: list[AnnotatedChallenge]) -> None:
        """Empty the record."""
        try:
            self._duckdns.clear_txt()
        except (DuckDnsError, SettingsError) as error:
            # The next order does it again.
            log.warning("The TXT record is left behind: %s", error)
